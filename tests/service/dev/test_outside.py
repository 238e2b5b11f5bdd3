import httpx2

from service.dev.outside import sample_site


async def test_the_sample_site_is_served_while_the_context_lasts() -> None:
    with sample_site() as address:
        async with httpx2.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"http://{address}/")

    assert answer.status_code == httpx2.codes.OK
    assert "html" in answer.headers["content-type"]
