# SPDX-License-Identifier: Apache-2.0
"""Build and install x2c_motors."""

from setuptools import find_packages, setup

NAME = "x2c_motors"

setup(
    name=NAME,
    version="0.2.0",
    description="Motor drivers, the node that commands motors, calibration and bus emulators.",
    maintainer="X2C maintainers",
    maintainer_email="maintainers@x2c.example.org",
    license="Apache-2.0",
    packages=find_packages(exclude=["test"]),
    package_data={NAME: ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    extras_require={"test": ["pytest"]},
    zip_safe=False,
    entry_points={
        "console_scripts": [
            "motor_driver_node = x2c_motors.motor_driver_node:main",
        ],
        "x2c.motor_drivers": [
            "ameca = x2c_motors.drivers.ameca:AmecaDriver",
            "dynamixel = x2c_motors.drivers.dynamixel:DynamixelDriver",
            "feetech = x2c_motors.drivers.feetech:FeetechDriver",
            "maestro = x2c_motors.drivers.maestro:MaestroDriver",
            "pca9685 = x2c_motors.drivers.pca9685:Pca9685Driver",
        ],
        "x2c.motor_emulators": [
            "dynamixel = x2c_motors.emulators.dynamixel_bus:DynamixelBus",
            "feetech = x2c_motors.emulators.feetech_bus:FeetechBus",
            "maestro = x2c_motors.emulators.maestro_board:MaestroBoard",
        ],
    },
)
