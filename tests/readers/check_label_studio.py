"""Label Studio's JSON with its own SDK: the configuration, its converter, and predictions that the SDK makes."""

import json
from collections import defaultdict

from common import counted
from label_studio_sdk.converter import Converter
from label_studio_sdk.label_interface import LabelInterface
from label_studio_sdk.label_interface.objects import PredictionValue


def check_label_studio(out, expected, back):
    config = (out / "label_config.xml").read_text(encoding="utf-8")
    interface = LabelInterface(config)
    interface.validate()
    tasks = json.loads((out / "tasks.json").read_text(encoding="utf-8"))
    by_text = {d.text: d for d in expected}
    for task in tasks:
        interface.validate_task({"data": task["data"]})
        for annotation in task["annotations"]:
            document = by_text[task["data"]["text"]]
            regions = [r for r in annotation["result"] if r["type"] != "relation"]
            for n, region in enumerate(regions):
                errors = interface.validate_region(region, return_errors=True, region_index=n)
                assert not errors, errors
            labelled = {r["id"]: r["value"] for r in regions if r["type"] == "labels"}
            slices = {id: document.text[v["start"] : v["end"]] for id, v in labelled.items()}
            # As its editor writes what was selected.
            assert all(v["text"] == slices[id].replace("\n", "\\n").replace("\r", "\\n") for id, v in labelled.items())
            relations = [r for r in annotation["result"] if r["type"] == "relation"]
            linked = [(kind, slices[r["from_id"]], slices[r["to_id"]]) for r in relations for kind in r["labels"]]
            assert sorted(linked) == document.linked()
            notes = {slices[r["id"]]: r["meta"]["text"][0] for r in regions if "meta" in r}
            assert notes == {document.text[slice(*s.whole)]: s.note for s in document.spans if s.note}
    # What its converter finds in the tasks, by the configuration.
    converter = Converter(config, project_dir=str(out), download_resources=False)
    found = {}
    for item in converter.iter_from_json_file(str(out / "tasks.json")):
        text, output = item["input"]["text"], item["output"]
        at = lambda v: text[v["start"] : v["end"]]
        found[text] = sorted((label, at(v)) for v in output.get("label", []) for label in v["labels"])
        said = defaultdict(dict)
        for name, values in output.items():
            for v in values if name != "label" else []:
                answer = v.get("choices") or v.get("number") or v["text"]
                said[at(v)][name] = answer[0] if isinstance(answer, list) else str(answer)
        wanted = {text[slice(*s.whole)]: s.attributes for s in by_text[text].spans if s.attributes}
        assert said == wanted, (said, wanted)
    assert found == {d.text: d.said() for d in expected}, found
    # The SDK makes predictions of the same spans, and Byline reads them.
    control = interface.get_control("label")
    made = []
    for d in expected:
        regions = [control.label([s.label], start=s.whole[0], end=s.whole[1]) for s in d.spans]
        prediction = PredictionValue(model_version="sdk", score=0.5, result=[r._dict() for r in regions])
        made.append({"data": {"text": d.text}, "predictions": [prediction.model_dump()]})
    path = out.with_suffix(".json")
    path.write_text(json.dumps(made), encoding="utf-8")
    assert back(path, "label-studio") == {d.text: d.said() for d in expected}
    return counted(expected)


CHECKS = [("label-studio", "label-studio-sdk's interface and converter, with predictions of its own", check_label_studio)]
