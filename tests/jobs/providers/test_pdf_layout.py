"""Lines, columns and cells out of places on a page."""

from jobs.providers.pdf_layout import Block, Word, rows_in_order

WIDTH = 600.0
SIZE = 10.0


def line(y: float, *pieces: tuple[float, str]) -> list[Word]:
    """Set each piece at its x, six points a letter, a quarter of the size between words."""
    words = []
    for place, text in pieces:
        x = place
        for word in text.split():
            words.append(Word(x, x + 6 * len(word), y, y + SIZE, word))
            x += 6 * len(word) + SIZE / 4
    return words


def rows(*lines: list[Word], tables: tuple[Block, ...] = ()) -> list[list[str]]:
    return rows_in_order([word for words in lines for word in words], tables, WIDTH)


def test_words_on_one_height_are_a_line_from_left_to_right() -> None:
    later, earlier = line(100.4, (97, "report")), line(100, (50, "The lab"))

    assert rows(later, earlier, line(114, (50, "is due"))) == [["The lab report"], ["is due"]]


def test_two_columns_of_prose_are_read_one_after_the_other() -> None:
    sides = [
        line(100 + 14 * n, (50, f"left prose line {n}"), (320, f"right prose words {n}"))
        for n in range(6)
    ]
    title = line(60, (50, "a title that goes across both of the columns of the whole page"))

    found = rows(title, *sides)

    assert [row[0][:5] for row in found] == ["a tit", *["left "] * 6, *["right"] * 6]


def test_cells_keep_their_column_when_others_are_empty() -> None:
    head = line(100, (50, "Date"), (150, "Topic"), (400, "Due"))
    body = [
        line(114, (50, "Sep 8"), (150, "Signs")),
        line(128, (50, "Sep 15"), (400, "Essay")),
        line(142, (50, "Sep 22"), (150, "Metaphor and its"), (400, "Test")),
        line(156, (150, "limits")),
    ]

    assert rows(head, *body) == [
        ["Date", "Topic", "Due"],
        ["Sep 8", "Signs", ""],
        ["Sep 15", "", "Essay"],
        ["Sep 22", "Metaphor and its limits", "Test"],
    ]


def test_a_line_below_a_table_is_a_line_again() -> None:
    head = line(100, (50, "Date"), (150, "Topic"), (400, "Due"))
    after = line(114, (50, "All of this may change during the term and will be announced"))

    assert rows(head, after)[1] == ["All of this may change during the term and will be announced"]


def test_a_table_with_rules_stands_where_it_stands() -> None:
    table = Block(120, rows=[["a", "b"]], span=(50, 500))

    found = rows(line(100, (50, "before")), line(150, (50, "after")), tables=(table,))

    assert found == [["before"], ["a", "b"], ["after"]]


def test_a_page_without_words_has_no_rows() -> None:
    assert rows() == []
