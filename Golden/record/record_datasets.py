"""Records Golden/datasets/: how Python reads tables and texts, and how the homework cuts them.

Authorities: Python's own `csv` (strict), `json`, universal newlines and `str`; the homework's `group_texts` and
`preprocess_coqa` (homework_part2.py). `datasets` itself is not installed: how it maps 1,000 rows at a time, makes
columns of JSON objects, reads lines of text and rounds `train[:5%]` is written down below, as its source has it
(packaged_modules/{json,text}, arrow_reader.py).

    python record_datasets.py           # tables.json, blocks.json
    FOX_DATA=… python record_datasets.py real     # real.json: counts and sha256 of the homework's data
"""

import contextlib
import csv
import hashlib
import io
import json
import random
import sys

import numpy as np
import tokenizers

import homework_part2
import reference

CSV = dict(strict=True)
TSV = dict(strict=True, delimiter="\t", quoting=csv.QUOTE_NONE)


def table(text, dialect):
    """What a table of `text` is, with the line of each row; or why it is none."""
    reader = csv.reader(io.StringIO(text, newline=""), **dialect)
    columns, rows, lines = None, [], []
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            return {"error": "open quote" if "end of data" in str(error) else "text after quote", "line": line}
        if row is None:
            break
        if not row:
            continue  # a blank line, which pandas skips
        if columns is None:
            columns = row
            if len(set(columns)) < len(columns):
                return {"error": "duplicate column"}
        elif len(row) != len(columns):
            return {"error": "field count", "line": line, "found": len(row), "expected": len(columns)}
        else:
            rows.append(row)
            lines.append(line)
    return {"columns": columns, "rows": rows, "lines": lines} if columns else {"error": "empty"}


def tables():
    draw = random.Random(7)
    given = [
        'a,b\n1,2\n', 'a,b\r\n"x, y","two\nlines"\r\n', 'a,b\n"say ""hi""",""\n', "a,b\n1,2", 'a,b\n"1","2"', "a\n\n\nb\n",
        'sentence,label\n"It\'s ""fine"", she said",1\n', 'a,b\n1\n', 'a,b\n1,2,3\n', 'a,b\n1,"2', 'a,b\n"1"x,2\n',
        'a,a\n1,2\n', "", "\n\r\n", "é,ü\n日本,🦊\n", 'a,b\n x,"y" \n', 'a,b\n"x\r\ny",1\r2,3\r', ',\n,\n', '""\n""\n', 'a"b,c\nd"e,f\n',
        '"""",b\n1,2\n', 'a,b\n"""""",""""""\n', "a\tb\n\"open\t1\nx\t\n",
    ]  # fmt: skip
    fuzz = ["".join(draw.choice('ab"",,\n\r\té') for _ in range(draw.randint(1, 16))) for _ in range(260)]
    fuzz = [t for t in fuzz if "error" not in table(t, CSV) or draw.random() < 0.4]
    return [{"text": t, "csv": table(t, CSV), "tsv": table(t, TSV)} for t in given + fuzz]


def text_lines(text, keep):
    """`datasets`' text loader, sample_by="line"."""
    lines = io.StringIO(io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8").read()).readlines()
    return lines if keep else [line.rstrip("\n") for line in lines]


def texts():
    given = ["", "a", "a\n", "a\nb", "\n", "\n\na\n\n", "a\r\nb\rc\n\r", "x\u2028y\x0bz\x1c\x85\n", "é\r\n🦊"]
    return [{"text": t, "kept": text_lines(t, True), "stripped": text_lines(t, False)} for t in given]


def documents():
    given = ["a\n<S>\nb\n", "a\nb\n<S>\n\nc\n<S>\nd", "one <S> two\n<S>\n<S >\n", "é\n\n<S>\nx\n<S>\n y"]
    return [{"text": t, "documents": [d + "<S>" for d in t.split("\n<S>\n") if d]} for t in given]


def json_columns(rows):
    columns = list(dict.fromkeys(key for row in rows for key in row))
    return {"columns": columns, "rows": [[row.get(c) for c in columns] for row in rows]}


def documents_json():
    rows = [{"a": 1, "b": "x"}, {"b": None, "c": [1, {"d": 2.5}]}, {"a": True, "e": {"f": "é🦊"}}]
    shapes = [("list", json.dumps(rows), None), ("indented", json.dumps({"data": rows}, indent=1), None),
              ("field", json.dumps({"x": [1], "y": [{"q": 0}], "rows": rows}), "rows"),
              ("lines", "\n".join(json.dumps(r) for r in rows), None),
              ("lines with blanks", "\n\n".join(json.dumps(r) for r in rows) + "\r\n\n", None),
              ("one line", json.dumps(rows[0]), None)]  # fmt: skip
    return [
        {"name": name, "text": text, "field": field, **json_columns(rows[:1] if name == "one line" else rows)}
        for name, text, field in shapes
    ]


def blocks():
    draw = random.Random(11)
    cases = []
    for size, batch, lengths in [
        (4, 3, [5, 0, 4, 1, 1, 1, 7, 9]), (8, 2, [3, 2, 9, 9, 1]), (1, 1000, [2, 0, 3]), (5, 2, [0, 0, 6, 4, 2]), (256, 1000, [40] * 5),
        (16, 1000, [draw.randint(0, 5) for _ in range(2300)]), (64, 10, [draw.randint(1, 60) for _ in range(41)]),
    ]:  # fmt: skip
        texts = [[draw.randrange(100) for _ in range(length)] for length in lengths]
        result = []
        for start in range(0, len(texts), batch):
            with_mask = {"input_ids": texts[start : start + batch], "attention_mask": [[1] * len(t) for t in texts[start : start + batch]]}
            result += homework_part2.group_texts(with_mask, size)["input_ids"]
        cases.append({"block_size": size, "batch_size": batch, "texts": texts, "blocks": result})
    return cases


def pct_to_abs_closest(boundary, num_examples):
    return int(round(boundary * num_examples / 100.0))  # datasets/arrow_reader.py


def splits():
    counts = [0, 1, 7, 9, 10, 11, 20, 30, 50, 70, 90, 130, 150, 872, 1234, 7199, 67349]
    return [{"percentage": p, "count": n, "validation": pct_to_abs_closest(p, n)} for n in counts for p in (0, 1, 5, 10, 33, 50, 100)]


def pairs():
    stories = [
        "One. Two. Three. Four.", "One.Two. Three", "no sentence at all", "", ". ", ". . . ", "A.  B\n. C", " \x1c\x85A\u3000. \u2003B\u200b . rest",
        "Mr. Fox ran. He hid.", "End. ", "é. 日本. 🦊", "a.\u00a0b. c", "\ufeffA. B", "x. \n\t y \r\n. z",
    ]  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()):
        return [{"story": s, "pair": list(p[0]) if (p := homework_part2.preprocess_coqa([s])) else None} for s in stories]


def digest(parts):
    """The sha256 of strings, each followed by a line feed."""
    return hashlib.sha256("".join(p + "\n" for p in parts).encode()).hexdigest()


def real():
    """What the files below FOX_DATA hold, without their texts."""
    data = reference.data_folder()
    folder = reference.WEIGHTS / "tale-gpt2"
    bpe = tokenizers.ByteLevelBPETokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), add_prefix_space=False)
    files = []
    for name in ("sst2/dev.tsv", "sst2/train.tsv", "sst2/tinySST/train.tsv", "sst2/tinySST/dev.tsv"):
        with open(data / name, encoding="utf-8", newline="") as f:
            rows = [row for row in csv.reader(f, **TSV) if row]
        files.append({"file": name, "columns": rows[0], "rows": len(rows) - 1, "sha256": digest(c for row in rows[1:] for c in row)})
    stories = {name: [r["story"] for r in json.loads((data / name).read_text())["data"]]
               for name in ("coqa/coqa-dev-first5.json", "coqa/coqa-train-first13.json")}  # fmt: skip
    with open(data / "mctest/mctest-stories.jsonl") as f:
        stories["mctest/mctest-stories.jsonl"] = [json.loads(line)["story"] for line in f]
    for name, texts in stories.items():
        with contextlib.redirect_stdout(io.StringIO()):
            pairs = homework_part2.preprocess_coqa(texts)
        ids = [bpe.encode(t).ids for t in texts]
        blocks = homework_part2.group_texts({"input_ids": ids}, 256)["input_ids"]
        files.append({
            "file": name, "rows": len(texts), "sha256": digest(texts), "pairs": len(pairs), "pairs_sha256": digest(s for p in pairs for s in p),
            "blocks": len(blocks), "tokens": sum(map(len, ids)), "ids_sha256": hashlib.sha256(np.array(blocks, "<i4").tobytes()).hexdigest(),
        })  # fmt: skip
    return files


def main():
    record = reference.provenance(__file__, f"Python {sys.version.split()[0]}: csv (strict), json, str; the homework's cells of Part 2")
    for key in ("threads", "aten_cpu_capability"):
        del record[key]
    if sys.argv[1:] == ["real"]:
        reference.write_json(reference.GOLDEN / "datasets" / "real.json", {"provenance": record, "files": real()})
        return
    document = {
        "provenance": record,
        "tables": tables(),
        "lines": texts(),
        "documents": documents(),
        "json": documents_json(),
        "splits": splits(),
        "pairs": pairs(),
        "spaces": [c for c in range(0x110000) if not 0xD800 <= c < 0xE000 and chr(c).strip() == ""],
    }
    reference.write_json(reference.GOLDEN / "datasets" / "tables.json", document)
    reference.write_json(reference.GOLDEN / "datasets" / "blocks.json", {"provenance": record, "cases": blocks()})


if __name__ == "__main__":
    main()
