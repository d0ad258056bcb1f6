"""Packing slips and labels as PDF. The same parcels give the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from io import BytesIO
from pathlib import Path

from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from oms.shipments.papers import PaperLine, ParcelPaper

FONT = "DejaVuSans"
LABEL = (100 * mm, 150 * mm)
MARGIN = 18 * mm
THINNEST = 0.25 * mm
"""A bar narrower than this is not read by a plain scanner; a longer text becomes a QR code."""
WIDEST = 0.5 * mm


def packing_slips(parcels: Sequence[ParcelPaper]) -> bytes:
    """One slip a parcel, A4, on as many pages as its lines need."""
    canvas, out = _canvas("Packing slip", A4)
    for parcel in parcels:
        _slip(canvas, parcel)
    canvas.save()
    return out.getvalue()


def labels(parcels: Sequence[ParcelPaper]) -> bytes:
    """One label a parcel, 100 × 150 mm."""
    canvas, out = _canvas("Label", LABEL)
    for parcel in parcels:
        _label(canvas, parcel)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _slip(canvas: Canvas, parcel: ParcelPaper) -> None:
    y = _head(canvas, parcel)
    for line in parcel.lines:
        if y < MARGIN + 8 * mm:
            canvas.showPage()
            y = _head(canvas, parcel)
        _row(canvas, y, line)
        y -= 7 * mm
    canvas.showPage()


def _head(canvas: Canvas, parcel: ParcelPaper) -> float:
    """The top of a page; where its lines begin."""
    width, height = A4
    top = height - MARGIN
    _text(canvas, MARGIN, top - 6 * mm, f"Order {parcel.order_id}", 15, 90 * mm)
    about = f"{parcel.ordered_on.isoformat()} · {parcel.method} · parcel {parcel.number} of {parcel.of}"
    _text(canvas, MARGIN, top - 13 * mm, about, 9, 90 * mm)
    _code(canvas, parcel.order_id, width - MARGIN, top, 75 * mm)
    _address(canvas, MARGIN, top - 32 * mm, "To", parcel.recipient, 80 * mm)
    _address(canvas, width / 2, top - 32 * mm, "From", parcel.sender, 80 * mm)
    y = top - 72 * mm
    for x, word in ((0, "SKU"), (45 * mm, "Name"), (140 * mm, "Ordered"), (160 * mm, "Packed")):
        _text(canvas, MARGIN + x, y, word, 8, 40 * mm)
    canvas.line(MARGIN, y - 2 * mm, width - MARGIN, y - 2 * mm)
    begin: float = y - 8 * mm
    return begin


def _row(canvas: Canvas, y: float, line: PaperLine) -> None:
    _text(canvas, MARGIN, y, line.sku, 9, 43 * mm)
    _text(canvas, MARGIN + 45 * mm, y, line.name, 9, 92 * mm)
    _text(canvas, MARGIN + 140 * mm, y, str(line.ordered), 9, 18 * mm)
    _text(canvas, MARGIN + 160 * mm, y, str(line.packed), 9, 14 * mm)


def _label(canvas: Canvas, parcel: ParcelPaper) -> None:
    width, height = LABEL
    edge = 6 * mm
    _address(canvas, edge, height - 10 * mm, "From", parcel.sender, width - 2 * edge, 7)
    canvas.line(edge, height - 42 * mm, width - edge, height - 42 * mm)
    _address(canvas, edge, height - 50 * mm, "To", parcel.recipient, width - 2 * edge, 11)
    canvas.line(edge, 52 * mm, width - edge, 52 * mm)
    weight = "" if parcel.weight_g is None else f"{parcel.weight_g} g"
    about = (parcel.carrier, weight, f"{parcel.number} of {parcel.of}")
    _text(canvas, edge, 45 * mm, " · ".join(word for word in about if word), 10, width - 2 * edge)
    _code(canvas, parcel.scanned, width - edge, 41 * mm, width - 2 * edge)
    _text(canvas, edge, 8 * mm, parcel.scanned, 9, width - 2 * edge)


def _address(
    canvas: Canvas, x: float, y: float, word: str, lines: Sequence[str], width: float, size: int = 10
) -> None:
    _text(canvas, x, y, word, 7, width)
    for place, line in enumerate(lines[:6], 1):
        _text(canvas, x, y - place * (size + 3), line, size, width)


def _code(canvas: Canvas, value: str, right: float, top: float, width: float) -> None:
    """A bar code of the value that ends at ``right``, below ``top``; a QR code where bars are too thin."""
    modules = 11 * (len(value) + 3) + 2
    thickness = min(WIDEST, width / (modules + 20))
    if thickness >= THINNEST and value.isascii():
        bars = Code128(value, barHeight=18 * mm, barWidth=thickness, quiet=False)
        bars.drawOn(canvas, right - bars.width, top - 18 * mm)
        return
    side = 28 * mm
    square = QrCodeWidget(value, barWidth=side, barHeight=side)
    drawing = Drawing(side, side)
    drawing.add(square)
    renderPDF.draw(drawing, canvas, right - side, top - side)


def _text(canvas: Canvas, x: float, y: float, words: str, size: int, width: float) -> None:
    """Words on one line, cut where they would leave their room."""
    shown = words
    while shown and pdfmetrics.stringWidth(shown, FONT, size) > width:
        shown = shown[:-2] + "…" if len(shown) > 2 else ""
    canvas.setFont(FONT, size)
    canvas.drawString(x, y, shown)


def _canvas(title: str, size: tuple[float, float]) -> tuple[Canvas, BytesIO]:
    _font()
    out = BytesIO()
    canvas = Canvas(out, pagesize=size, invariant=1)
    canvas.setTitle(title)
    return canvas, out


@cache
def _font() -> None:
    """Latin, Greek and Cyrillic letters; the fonts every reader has know Latin only."""
    pdfmetrics.registerFont(TTFont(FONT, str(Path(__file__).parent / "vendor" / "DejaVuSans.ttf")))
