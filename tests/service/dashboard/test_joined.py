"""The browser client as it is sent: small, one file, and the same program as its modules."""

import gzip
import subprocess
from pathlib import Path

import httpx2
import pytest

from service.dashboard import CLIENT, ENTRY
from service.dashboard.joined import NotJoinable, joined
from service.dashboard.script import NotShortenable, shortened, stripped
from tests.service.dashboard.test_page import client

__all__ = ["client"]

KIB = 1024
SAME_TOKENS = """
const { Parser } = require("internal/deps/acorn/acorn/dist/acorn");
const { readFileSync } = require("fs");
const options = { ecmaVersion: "latest", sourceType: "module" };
const tokens = (path) =>
  [...Parser.tokenizer(readFileSync(path, "utf8"), options)].map(({ type, value }) =>
    JSON.stringify([type.label, value instanceof RegExp ? String(value) : value]));
const [one, other] = process.argv.slice(1).map(tokens);
one.forEach((token, i) => {
  if (token !== other[i]) throw new Error(`${i}: ${token} became ${other[i]}`);
});
if (one.length !== other.length) throw new Error("there are more tokens");
"""


async def test_all_that_a_page_loads_for_the_client_is_under_twelve_kilobytes(
    client: httpx2.AsyncClient,
) -> None:
    answer = await client.get("/client/jobcast.js", headers={"Accept-Encoding": "gzip"})

    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < 12 * KIB
    assert b"import" not in answer.content


async def test_who_cannot_unpack_gets_it_plain(client: httpx2.AsyncClient) -> None:
    plain = await client.get("/client/jobcast.js", headers={"Accept-Encoding": "identity"})

    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == "Accept-Encoding, Origin"
    assert plain.content == gzip.decompress(joined(ENTRY).gzipped)


async def test_every_module_can_be_read_as_it_is_written(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/client/store.js")

    assert answer.text == (CLIENT / "store.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("module", sorted(CLIENT.glob("*.js")), ids=lambda path: path.name)
def test_stripping_leaves_every_token_in_its_place(module: Path, tmp_path: Path) -> None:
    sent = tmp_path / "sent.js"
    sent.write_text(stripped(module.read_text(encoding="utf-8")), encoding="utf-8")

    compared = subprocess.run(
        ["node", "--expose-internals", "-e", SAME_TOKENS, module, sent],
        capture_output=True,
        text=True,
        check=False,
    )

    assert compared.returncode == 0, compared.stderr


def test_what_is_sent_is_a_module_that_offers_what_its_source_offers(tmp_path: Path) -> None:
    sent = tmp_path / "sent.mjs"
    sent.write_bytes(joined(ENTRY).plain)
    script = "Promise.all(process.argv.slice(1).map((path) => import(path))).then(show)"
    shown = "const show = (all) => console.log(all.map((one) => Object.keys(one).join()).join(' '))"

    asked = ["node", "-e", f"{shown}; {script}", str(sent), str(ENTRY)]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()

    assert said[0] == said[1] == "Batch,FINAL,Inbox,Job,Jobcast,JobcastError,Jobs,connect"


def test_a_short_name_stands_wherever_the_long_one_stood() -> None:
    script = 'class Big{#field=1;say(){return`${this.#field} #field`+Big.name+"Big";}}'

    assert shortened(script, {"Big"}) == (
        'class $a{#a=1;say(){return`${this.#a} #field`+$a.name+"Big";}}'
    )


def test_a_name_that_is_a_property_too_is_not_shortened_behind_its_back() -> None:
    with pytest.raises(NotShortenable):
        shortened("class Big{}other.Big;", {"Big"})


def test_modules_that_would_get_in_each_others_way_are_not_joined(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('import { b } from "./b.js";\nconst SAME = b;\n')
    (tmp_path / "b.js").write_text("const SAME = 1;\nexport const b = SAME;\n")

    with pytest.raises(NotJoinable, match=r"SAME is declared in b\.js and in a\.js"):
        joined(tmp_path / "a.js")
