"""Two channels never share a name inside Redis."""

from hypothesis import given
from hypothesis import strategies as st

from realtime import keys
from realtime.channels import Channel

CHANNELS = st.builds(
    Channel,
    st.sampled_from(["user", "job", "org"]),
    st.text("ab:%{}", min_size=1),
    st.text("ab:%{}"),
)


@given(CHANNELS, CHANNELS)
def test_different_channels_have_different_names(one: Channel, other: Channel) -> None:
    assert (keys.events(one) == keys.events(other)) == (one == other)
    assert (keys.memory(one) == keys.memory(other)) == (one == other)


def test_two_orgs_users_of_one_name_do_not_hear_each_other() -> None:
    assert keys.events(Channel.user("a:b", "c")) != keys.events(Channel.user("a", "b:c"))
