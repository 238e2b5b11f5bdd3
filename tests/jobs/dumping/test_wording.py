"""What is proposed and what became of it, as people read it."""

from jobs.dumping.operations import LeftOut
from jobs.dumping.wording import ended_line, prompt, proposed_lines
from tests.jobs.dumping.said import propose, task


def test_the_question_says_how_many_and_what_was_left_out() -> None:
    proposal = propose(task("Dig"), task("Buy paint"))

    assert prompt(proposal, again=False) == (
        "1 operation from your notes: do what is ticked?\n"
        "Left out: “Buy paint”: it is on the list already."
    )
    assert prompt(proposal, again=True).startswith("Something was changed meanwhile, so nothing")


def test_of_much_that_was_left_out_only_the_beginning_is_told() -> None:
    left_out = [LeftOut(title=str(n), reason="it is late") for n in range(13)]
    proposal = propose(task("Dig"), task("Sow")).model_copy(update={"left_out": left_out})

    lines = prompt(proposal, again=False).splitlines()

    assert (len(lines), lines[0][:12], lines[-1]) == (12, "2 operations", "… and 3 more")


def test_the_output_ends_with_what_became_of_it() -> None:
    proposal = propose(task("Dig"))

    assert proposed_lines(proposal, confirmed=False) == "\n1 operation to confirm\n"
    assert proposed_lines(proposal, confirmed=True) == "\n1 operation\n"
    assert proposed_lines(propose(), confirmed=False) == "\nNothing to do\n"
    assert ended_line("nothing_found", 0, 0) == "Nothing was found to do\n"
    assert ended_line("done", 1, 2) == "1 operation done, 2 rejected\n"
