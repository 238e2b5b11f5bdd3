"""Every operation of the OpenAPI document, called in all ways its schema tells apart: no surprise.

A long search, with other seeds and in sequences, is ``python -m tests.security.fuzz``.
"""

from pathlib import Path

import pytest

from service.client import mint_token
from tests.e2e.processes import SECRET, product
from tests.security.fuzz import SCOPES, UNCOUNTED, attack, faults_in


@pytest.mark.e2e
@pytest.mark.timeout(400)  # 13 s alone; all of it is work
async def test_whatever_fits_or_breaks_the_document_is_answered_as_it_says(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    token = mint_token(SECRET, user="ann", scopes=SCOPES["operator"])

    async with product(database_url, redis_url, tmp_path) as started:
        started.environment |= UNCOUNTED
        web = await started.web()
        code, said = await attack(
            started.base,
            ["--header", f"Authorization: Bearer {token}", "--phases", "coverage", "--seed", "1"],
        )

        assert faults_in(web.said) == []
    assert code == 0, said
