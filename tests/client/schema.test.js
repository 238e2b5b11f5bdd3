/** The dashboard's reading of JSON Schema, as pydantic writes it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { arranged, plain, widget } from "../../service/dashboard/page/schema.js";

const ROOT = { $defs: { Size: { type: "integer", title: "Size" }, "a/b": { enum: ["x", "y"] } } };

test("an optional field is its real type, nullable", () => {
  const schema = plain(
    { anyOf: [{ type: "string", format: "uri" }, { type: "null" }], default: null },
    ROOT,
  );

  assert.deepEqual(schema, { type: "string", format: "uri", default: null, nullable: true });
});

test("references are followed, and what stands beside them wins", () => {
  const schema = plain({ $ref: "#/$defs/Size", description: "How big" }, ROOT);

  assert.deepEqual(schema, { type: "integer", title: "Size", description: "How big" });
  assert.deepEqual(plain({ $ref: "#/$defs/a~1b" }, ROOT).enum, ["x", "y"]);
});

test("each kind of value has its own field", () => {
  const cases = [
    ["upload_id", { type: "string" }, "upload"],
    ["file", { type: "string", "x-upload": true }, "upload"],
    ["a", { enum: [1, 2] }, "choice"],
    ["a", { const: 1 }, "choice"],
    ["a", { type: "boolean" }, "switch"],
    ["a", { anyOf: [{ type: "boolean" }, { type: "null" }] }, "choice"],
    ["a", { type: "number" }, "number"],
    ["a", { type: "string", format: "date" }, "text"],
    ["a", { type: "object", properties: {} }, "group"],
    ["a", { type: "object" }, "json"],
    ["a", { type: "array", items: { type: "string" } }, "list"],
    ["a", { anyOf: [{ type: "string" }, { type: "integer" }] }, "json"],
    ["a", { type: ["string", "null"] }, "text"],
    ["a", {}, "json"],
  ];

  for (const [name, schema, expected] of cases) {
    assert.equal(widget(name, plain(schema, ROOT)), expected, JSON.stringify(schema));
  }
});

test("a result is shown in the order its schema names things, whatever else it holds", () => {
  const schema = {
    properties: { title: {}, rows: { items: { $ref: "#/$defs/Row" } } },
    $defs: { Row: { properties: { date: {}, what: {} } } },
  };

  const shown = arranged(
    { constructor: 1, rows: [{ what: "b", date: "a", x: null }], title: "t" },
    schema,
  );

  assert.equal(
    JSON.stringify(shown),
    '{"title":"t","rows":[{"date":"a","what":"b","x":null}],"constructor":1}',
  );
});
