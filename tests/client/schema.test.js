/** The dashboard's reading of JSON Schema, as pydantic writes it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  arranged,
  editable,
  ordered,
  plain,
  shapes,
  widget,
} from "../../service/dashboard/page/schema.js";
import { remaining, stateOf } from "../../service/dashboard/page/words.js";

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

test("an awaited schema shows its fields in the order it names, the others after them", () => {
  const schema = { properties: { b: 1, id: 2, when: 3 }, "x-order": ["when", "gone", "b"] };

  assert.deepEqual(ordered(schema), [
    ["when", 3],
    ["b", 1],
    ["id", 2],
  ]);
  assert.deepEqual(ordered({}), []);
});

test("values of several shapes are told apart by their discriminator", () => {
  const root = {
    $defs: {
      Plant: { title: "Plant it", properties: { op: { $ref: "#/$defs/Op" }, what: {} } },
      Op: { const: "plant" },
      Water: { properties: { op: { const: "water" } } },
    },
  };
  const schema = plain(
    {
      oneOf: [{ $ref: "#/$defs/Plant" }, { $ref: "#/$defs/Water" }],
      discriminator: { propertyName: "op", mapping: {} },
    },
    root,
  );

  const { by, shapes: known } = shapes(schema, root);

  assert.equal(widget("step", schema), "variant");
  assert.equal(by, "op");
  assert.deepEqual([...known.keys()], ["plant", "water"]);
  assert.equal(known.get("plant").title, "Plant it");
});

test("of a proposal may be edited what is neither fixed nor whether it is accepted", () => {
  const schema = {
    properties: {
      id: { readOnly: true },
      op: { const: "plant" },
      accept: { type: "boolean" },
      what: { $ref: "#/$defs/What" },
      about: { $ref: "#/$defs/About" },
      day: { anyOf: [{ type: "string" }, { type: "null" }] },
    },
  };
  const root = { $defs: { What: { type: "string" }, About: { type: "string", readOnly: true } } };

  assert.deepEqual(editable(schema, root), ["what", "day"]);
});

test("a list of proposals is one that says so", () => {
  const items = { type: "object" };

  assert.equal(widget("all", { type: "array", items, "x-review": true }), "review");
  assert.equal(widget("all", { type: "array", items }), "list");
  assert.equal(widget("id", { type: "string", readOnly: true }), "fixed");
});

test("time that is left is said in whole seconds, rounded up, until there is none", () => {
  assert.equal(remaining(61_001), "Time left: 1 min 2 s");
  assert.equal(remaining(9_200), "Time left: 10 s");
  assert.equal(remaining(0), "The time is up.");
});

test("a running job that asks says so, unless it is being stopped", () => {
  const job = { state: "running", awaiting: { number: 1 } };

  assert.equal(stateOf(job).text, "Needs an answer");
  assert.equal(stateOf({ ...job, cancel_requested_at: "t" }).key, "cancelling");
  assert.equal(stateOf({ ...job, state: "succeeded" }).key, "succeeded");
});
