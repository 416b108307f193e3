# SPDX-License-Identifier: Apache-2.0
"""What a failed download leaves in a file's place is named."""

import pytest

from x2c_core.files.impostors import mistaken_content
from x2c_core.images.image_decoding import ImageDecodingError, read_image

LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 1234\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (LFS, "Git LFS pointer that stands for a file of 1234 bytes: run 'git lfs pull'"),
        ("../.git/annex/objects/xx/yy/SHA256E-s1--0\n", "git-annex pointer"),
        ("/annex/objects/SHA256E-s1--0\n", "git-annex pointer"),
        ("\n  <!doctype HTML>\n<title>Sign in</title>", "web page"),
        ("\ufeff<html lang='en'>", "web page"),
        ('{"error":"Repository not found"}', "error message of a server"),
        ('{\n "message": "Not Found", "status": "404"}', "error message of a server"),
        ("<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "error message"),
        ("404: Not Found", "error message of a server, '404: Not Found'"),
        ("Access denied.", "error message of a server"),
    ],
)
def test_it_is_named_with_what_to_do(tmp_path, content, said):
    path = tmp_path / "file"
    path.write_text(content, encoding="utf-8")
    assert said in mistaken_content(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x89PNG\r\n\x1a\n", b"hello\n", b'{"network_config": 1}', b'{"error": 1}' * 9999],
)
def test_others_are_not_judged(tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    assert mistaken_content(path) == ""
    assert mistaken_content(tmp_path / "gone") == ""


def test_an_image_that_is_a_pointer_says_so(tmp_path):
    (tmp_path / "face.jpg").write_text(LFS)
    with pytest.raises(ImageDecodingError, match=r"face\.jpg: it is a Git LFS pointer"):
        read_image(tmp_path / "face.jpg")
