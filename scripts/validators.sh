#!/bin/sh
# Do other validators agree with ours? Runs ajv (draft 7 and 2020-12) and Python's jsonschema (both) over the same
# values and compares the verdicts. Needs cargo, npm, python3 and the network; not part of CI.
#
#   scripts/validators.sh [FOLDER]     a folder to work in, outside of the repository
set -eu
repository=$(cd "$(dirname "$0")/.." && pwd)
work=${1:-$(mktemp -d)}
mkdir -p "$work"
cd "$work"

SCHEMA_CASES="$work/cases.jsonl" cargo test --quiet --manifest-path "$repository/Cargo.toml" --test generated \
    cases_for_other_validators

[ -d venv ] || python3 -m venv venv
venv/bin/pip install --quiet jsonschema
[ -d node_modules/ajv ] || npm install --silent --no-audit --no-fund ajv@8

cat > check.mjs <<'JS'
import fs from "node:fs";
import Ajv from "ajv";
import Ajv2020 from "ajv/dist/2020.js";

const [schemas, cases] = process.argv.slice(2);
const lines = fs.readFileSync(cases, "utf8").trim().split("\n").map((line) => JSON.parse(line));
const path = (name) => (name === "diagnostics" ? "" : "adapterhub/") + name + ".json";
for (const [draft, folder, Class] of [["7", "draft-07/", Ajv], ["2020-12", "", Ajv2020]]) {
  const ajv = new (Class.default ?? Class)({ strict: false, allErrors: false });
  const validators = {};
  let differ = 0;
  for (const { schema, valid, value } of lines) {
    validators[schema] ??= ajv.compile(JSON.parse(fs.readFileSync(`${schemas}/${folder}${path(schema)}`, "utf8")));
    if (validators[schema](value) !== valid) {
      differ += 1;
      if (differ <= 10) console.log("ajv", draft, "differs:", schema, valid, JSON.stringify(value).slice(0, 300));
    }
  }
  console.log(`ajv, draft ${draft}: ${lines.length - differ} of ${lines.length} verdicts agree`);
  process.exitCode ||= differ ? 1 : 0;
}
JS

cat > check.py <<'PY'
import json
import sys
from pathlib import Path

import jsonschema

schemas, cases = Path(sys.argv[1]), Path(sys.argv[2])
lines = [json.loads(line) for line in cases.read_text().splitlines()]
failed = False
for draft, folder, cls in (
    ("7", "draft-07", jsonschema.Draft7Validator),
    ("2020-12", ".", jsonschema.Draft202012Validator),
):
    validators, differ = {}, 0
    for case in lines:
        name = case["schema"]
        if name not in validators:
            path = schemas / folder / ("" if name == "diagnostics" else "adapterhub") / f"{name}.json"
            schema = json.loads(path.read_text())
            cls.check_schema(schema)
            validators[name] = cls(schema)
        if validators[name].is_valid(case["value"]) != case["valid"]:
            differ += 1
            if differ <= 10:
                print("jsonschema", draft, "differs:", name, case["valid"], json.dumps(case["value"])[:300])
    print(f"Python's jsonschema, draft {draft}: {len(lines) - differ} of {len(lines)} verdicts agree")
    failed |= differ > 0
sys.exit(failed)
PY

status=0
node check.mjs "$repository/schemas" "$work/cases.jsonl" || status=1
venv/bin/python check.py "$repository/schemas" "$work/cases.jsonl" || status=1
exit $status
