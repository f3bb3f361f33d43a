"""labelbuddy's JSON by both offsets and the MD5 of the text."""

import hashlib

from common import counted, lines


def check_labelbuddy(out, expected, _):
    """As labelbuddy's documentation says: both offsets, and the MD5 of the text."""
    texts = {line["utf8_text_md5_checksum"]: line["text"] for line in lines(out / "documents.jsonl")}
    assert all(hashlib.md5(text.encode()).hexdigest() == md5 for md5, text in texts.items())
    found = {text: [] for text in texts.values()}
    for path in out.glob("annotations-*.jsonl"):
        for line in lines(path):
            text = texts[line["utf8_text_md5_checksum"]]
            for a in line["annotations"]:
                chars = text[a["start_char"] : a["end_char"]]
                assert text.encode()[a["start_byte"] : a["end_byte"]].decode() == chars
                found[text].append((a["label_name"], chars))
    assert {text: sorted(said) for text, said in found.items()} == {d.text: d.said() for d in expected}
    return counted(expected)


CHECKS = [("labelbuddy", "both offsets and the MD5", check_labelbuddy)]
