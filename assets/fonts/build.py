#!/usr/bin/env python3
"""Makes the bundled fonts from their published packages: see README.md beside this file.

    build.py SOURCE_SERIF_PACKAGE INTER_PACKAGE

Ligatures are taken out because a caret must be able to stand between any two letters, and
the rest of the window is drawn by a toolkit that cannot switch them off. The serif is renamed
because its licence reserves the name “Source” for the unmodified fonts.
"""

import sys
import unicodedata
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

HERE = Path(__file__).resolve().parent

SERIF_FEATURES = ["kern", "mark", "mkmk", "ccmp", "locl", "onum", "tnum", "lnum"]
# Without locl: it has a Catalan ligature of l and a middle dot.
SANS_FEATURES = ["kern", "mark", "mkmk", "ccmp", "tnum"]
SERIF_NAMES = [("Source Serif 4", "Byline Serif"), ("SourceSerif4", "BylineSerif")]

# The name records that a person or a font menu sees; copyright, trademark and licence stay.
SHOWN_NAMES = {1, 2, 3, 4, 6, 16, 17, 18, 21, 22, 25}


def main(serif: Path, sans: Path) -> None:
    for source, name in [
        ("400Regular/SourceSerif4_400Regular.ttf", "BylineSerif-Regular.ttf"),
        ("400Regular_Italic/SourceSerif4_400Regular_Italic.ttf", "BylineSerif-Italic.ttf"),
        ("600SemiBold/SourceSerif4_600SemiBold.ttf", "BylineSerif-SemiBold.ttf"),
    ]:
        make(serif / source, HERE / name, SERIF_FEATURES, SERIF_NAMES)
    for source, name in [
        ("400Regular/Inter_400Regular.ttf", "Inter-Regular.ttf"),
        ("500Medium/Inter_500Medium.ttf", "Inter-Medium.ttf"),
        ("600SemiBold/Inter_600SemiBold.ttf", "Inter-SemiBold.ttf"),
    ]:
        make(sans / source, HERE / name, SANS_FEATURES, [])


def make(source: Path, target: Path, features: list[str], names: list[tuple[str, str]]) -> None:
    font = TTFont(source, recalcTimestamp=False)
    # The packer of another library would write other bytes where that library happens to be installed.
    options = subset.Options(
        layout_features=features, notdef_outline=True, name_IDs=["*"], harfbuzz_repacker=False
    )
    subsetter = subset.Subsetter(options)
    # Private-use code points mean nothing in news text: another font may know the document's own.
    subsetter.populate(unicodes=[c for c in font.getBestCmap() if unicodedata.category(chr(c)) != "Co"])
    subsetter.subset(font)
    rename(font, names)
    subset.save_font(font, target, options)
    check(TTFont(target), target.name)
    print(f"{target.name}: {target.stat().st_size} bytes, {len(font.getBestCmap())} code points")


def rename(font: TTFont, names: list[tuple[str, str]]) -> None:
    for record in font["name"].names:
        if record.nameID in SHOWN_NAMES:
            text = record.toUnicode()
            for old, new in names:
                text = text.replace(old, new)
            record.string = text


def check(font: TTFont, name: str) -> None:
    """What the program relies on: no ligature of letters, whole foreign scripts, no reserved name."""
    # A mark that melts into its letter is fine: the two are one grapheme, no caret stands between.
    marks = {g for g, kind in font["GDEF"].table.GlyphClassDef.classDefs.items() if kind == 3}
    marks |= {g for c, g in font.getBestCmap().items() if unicodedata.category(chr(c)) in ("Mn", "Me")}
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for table in lookup.SubTable:
            table = getattr(table, "ExtSubTable", table)
            for first, ligatures in getattr(table, "ligatures", {}).items():
                for ligature in ligatures:
                    joined = [g for g in ligature.Component if g not in marks]
                    assert not joined, f"{name}: ligature of {first} and {joined}"

    scripts = {c: unicodedata.name(chr(c), "") for c in font.getBestCmap()}
    # A primary font that has some right-to-left letters would take them from the font that has all.
    foreign = [s for s in scripts.values() if s.startswith(("HEBREW", "ARABIC"))]
    assert not foreign, f"{name}: {foreign}"
    for letters in ["abcßéłőœ", "αβγάώ", "абвґєїђћ", "“”„‚‘’«»‹›–—…€№"]:
        missing = [c for c in letters if ord(c) not in scripts]
        assert not missing, f"{name}: lacks {missing}"

    shown = [r.toUnicode() for r in font["name"].names if r.nameID in SHOWN_NAMES]
    assert not any("source" in s.lower() for s in shown), f"{name}: reserved name in {shown}"


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
