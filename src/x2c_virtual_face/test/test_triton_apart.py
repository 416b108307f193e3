# SPDX-License-Identifier: Apache-2.0
"""A library called as triton's uses its own LLVM, though another is visible to it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

MESAS = "extern int LLVMContextCreate(void) { return 1; }"
TRITONS = """
#include <Python.h>
int LLVMContextCreate(void) { return 2; }
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "libtriton"};
PyMODINIT_FUNC PyInit_libtriton(void) {
  PyObject *made = PyModule_Create(&module);
  PyModule_AddIntConstant(made, "llvm", LLVMContextCreate());
  return made;
}
"""
PROGRAM = """
import ctypes, sys
import x2c_virtual_face
flags = sys.getdlopenflags()
if sys.argv[1:]:
    ctypes.CDLL(sys.argv[1], mode=ctypes.RTLD_GLOBAL)
from triton._C import libtriton
print(libtriton.llvm, sys.getdlopenflags() == flags)
"""


@pytest.fixture(scope="module")
def libraries(tmp_path_factory):
    """Folder with a package triton, and Mesa's LLVM."""
    folder = tmp_path_factory.mktemp("libraries")
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    headers = sysconfig.get_path("include")
    if compiler is None or not Path(headers, "Python.h").exists():
        pytest.skip("no C compiler or no headers of Python are installed")
    package = folder / "triton" / "_C"
    package.mkdir(parents=True)
    # Else a triton that is installed would be found instead.
    for one in (package, package.parent):
        (one / "__init__.py").touch()
    for text, library in ((MESAS, folder / "mesa.so"), (TRITONS, package / "libtriton.so")):
        source = library.with_suffix(".c")
        source.write_text(text)
        command = (compiler, "-shared", "-fPIC", "-I", headers, source, "-o", library)
        subprocess.run(command, check=True, timeout=100)
    return folder


@pytest.mark.process
@pytest.mark.parametrize("beside_mesa", [True, False])
def test_triton_uses_its_own_llvm(libraries, beside_mesa):
    mesa = [libraries / "mesa.so"] if beside_mesa else []
    program = f"import sys\nsys.path.insert(0, {str(libraries)!r})\n{PROGRAM}"
    done = subprocess.run(
        [sys.executable, "-P", "-c", program, *mesa], capture_output=True, text=True, timeout=400
    )
    assert done.stdout.split() == ["2", "True"], done.stderr
