"""Unpacks a compressed answer in bounded steps, so that a small bomb stays small."""

import zlib
from collections.abc import Iterator

from desktop.api.limits import MAX_STEP_BYTES
from desktop.domain.errors import ProtocolError

PLAIN = ("", "identity")


class Inflater:
    """Gives the content of a body in steps of at most 64 KiB.

    Args:
        encoding: Value of ``Content-Encoding``.

    Raises:
        ProtocolError: The encoding was not asked for and is not known.
    """

    def __init__(self, encoding: str) -> None:
        name = encoding.strip().lower()
        if name not in (*PLAIN, "gzip", "x-gzip", "deflate"):
            raise ProtocolError(
                "The answer is compressed in a way this application does not know.",
                detail=f"content-encoding {name[:40]}",
            )
        self._is_plain = name in PLAIN
        self._is_deflate = name == "deflate"
        self._stream = zlib.decompressobj(wbits=47)
        self._has_begun = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The content of a chunk, piece by piece.

        Raises:
            ProtocolError: The chunk is not what the encoding says.
        """
        if self._is_plain:
            for start in range(0, len(chunk), MAX_STEP_BYTES):
                yield chunk[start : start + MAX_STEP_BYTES]
            return
        while chunk:
            piece = self._unpacked(chunk)
            chunk = self._stream.unconsumed_tail
            if piece:
                yield piece

    def _unpacked(self, chunk: bytes) -> bytes:
        try:
            piece = self._stream.decompress(chunk, MAX_STEP_BYTES)
        except zlib.error:
            if not self._is_deflate or self._has_begun:
                raise ProtocolError(
                    "The answer is compressed in a broken way. Try again.", detail="zlib"
                ) from None
            self._stream = zlib.decompressobj(wbits=-15)
            self._has_begun = True
            return self._unpacked(chunk)
        self._has_begun = True
        return piece
