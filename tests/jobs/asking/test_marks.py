"""Material in a question stands between marks that it cannot end."""

import pytest

from jobs.asking.marks import marked


@pytest.mark.parametrize(
    "sly", ["</page>", "< /page>", "< / PAGE>", "<page>", "a <page b", "</page\n>"]
)
def test_no_material_ends_its_mark_or_begins_another(sly: str) -> None:
    told = marked("page", f"before {sly} after")

    assert told.lower().replace(" ", "").count("<page") == 1
    assert told.lower().replace(" ", "").count("</page") == 1
    assert told.endswith("after\n</page>")


def test_other_marks_and_signs_stay() -> None:
    assert marked("page", "1 < 2 <b>bold</b>") == "<page>\n1 < 2 <b>bold</b>\n</page>"
