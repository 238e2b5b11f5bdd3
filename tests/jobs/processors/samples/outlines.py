"""Outlines that can be read, each awkward in its own way; the JSON beside says what is in them."""

from collections.abc import Sequence
from itertools import cycle, islice

from tests.jobs.processors.samples.canvas import A4, LETTER, Canvas
from tests.jobs.processors.samples.pdf_file import pdf


def readable() -> dict[str, bytes]:
    """Return the files by name."""
    return {
        "ruled-table-three-pages": ruled_table(),
        "two-columns": two_columns(),
        "transcript": transcript(),
        "several-terms": several_terms(),
        "odd-dates": odd_dates(),
        "european": european(),
        "rotated-with-watermark": rotated(),
        "glyph-by-glyph": glyph_by_glyph(),
        "borderless-table-packed": borderless(),
        "weeks-and-days": weeks_and_days(),
        "encrypted-for-printing": for_printing(),
    }


def framed(page: Canvas, head: str, foot: str) -> None:
    """Draw what stands on each page."""
    page.text(50, 30, head, 8)
    page.text(50, page.seen[1] - 25, foot, 8)


def ruled_table(count: int = 3) -> bytes:
    """A schedule whose table goes on over three pages, its header drawn on each; or over more of them."""
    header = ["Week", "Date", "Topic", "Reading", "Due"]
    weeks = [
        ["1", "Mon 8/31", "Cells and tissues", "Ch. 1", ""],
        ["2", "Wed 9/9", "Roots\n(no class on Labor Day)", "Ch. 2-3", ""],
        ["3", "Mon 9/14", "Stems", "Ch. 4", "Lab report 1 (5%)"],
        ["4", "Mon 9/21", "Leaves", "Ch. 5", ""],
        ["5", "Mon 9/28", "Midterm exam 1 (20%)", "", ""],
        ["6", "Mon 10/5", "Photosynthesis", "Ch. 7", "Lab report 2 (5%)"],
        ["7", "Mon 10/12", "Fall break, no class", "", ""],
        ["8", "Mon 10/19", "Respiration", "Ch. 8", ""],
        ["9", "Mon 10/26", "Hormones", "Ch. 9", "Essay draft due 10/30"],
        ["10", "Mon 11/2", "Flowers", "Ch. 10", ""],
        ["15", "Mon 12/7", "Review", "", "Essay (30%)"],
        ["16", "Mon 12/14", "Final exam (40%)", "", ""],
    ]
    pages = []
    parts = (weeks[:4], weeks[4:8], weeks[8:])
    for number, part in enumerate(islice(cycle(parts), count), start=1):
        page = Canvas(LETTER)
        framed(page, "BIO 210 Plant Biology - Syllabus", f"Page {number} of {count}")
        page.text(480, page.seen[1] - 25, "Fall 2026", 8)
        y = 60.0
        if number == 1:
            page.text(50, y, "BIO 210: Plant Biology", 16)
            y = page.lines(50, y + 22, ["Fall 2026, 4 credits", "Mondays 10:00 - 11:30, Hall B 12"])
        page.table(50, y + 10, [40, 70, 170, 80, 140], [header, *part])
        pages.append(page)
    return pdf(pages, "BIO 210 Syllabus")


def two_columns() -> bytes:
    """A page of running text in two columns under a title across both."""
    left = [
        "HIST 305: The Age of Revolutions is a",
        "seminar on Europe and the Atlantic world",
        "between 1770 and 1850. It is open to all",
        "students who have taken HIST 201 or have",
        "the consent of the instructor. 3 credits.",
        "",
        "Office hours are on Tuesdays and by",
        "appointment in Room 418 of Carr Hall.",
        "",
        "Attendance is taken in every session and",
        "more than two absences lower the grade.",
        "Participation 20%",
        "Book review 20%",
        "Research paper 60%",
        "",
        "Accommodations are arranged through the",
        "office for students with disabilities.",
    ]
    right = [
        "Deadlines of the course, Spring 2027",
        "",
        "Choice of a topic by February 5",
        "Book review due on Friday, February 26",
        "at 5 pm, in the course's mailbox",
        "Annotated bibliography due March 12",
        "",
        "Spring recess, no class: March 22 - 26",
        "",
        "Draft of the research paper due on",
        "April 9, 2027",
        "Conference with the whole class:",
        "Saturday, April 17, 2027, 9:30 am",
        "",
        "Research paper due May 7 by noon, on",
        "paper and as a file; late papers lose a",
        "grade for each day of delay.",
    ]
    page = Canvas(A4)
    page.centred(
        60,
        "The Age of Revolutions: Course Outline for Spring Term 2027 in the Department of History",
        11,
    )
    page.lines(50, 100, left)
    page.lines(315, 100, right)
    page.centred(
        780,
        "Department of History, 4th floor, Carr Hall, office hours by appointment only and not on Fridays",
        9,
    )
    return pdf([page])


def transcript() -> bytes:
    """Three terms of courses with credits and grades, in tables without rules, over two pages."""
    header = ["Course", "Title", "Credits", "Grade", "Points"]
    terms = [
        (
            "Fall 2025",
            [
                ["CS 101", "Introduction to Programming", "4.0", "A-", "14.8"],
                ["MATH 120", "Calculus I", "4.0", "C+", "9.2"],
                ["ENGL 110", "College Writing", "3.0", "B", "9.0"],
                ["PE 15", "Swimming", "0.5", "P", "0.0"],
            ],
            "Term GPA 3.00   Earned 11.5",
        ),
        (
            "Spring 2026",
            [
                ["CS 102", "Data Structures", "4.0", "A", "16.0"],
                ["MATH 120", "Calculus I", "4.0", "B+", "13.2"],
                ["PHYS 141", "Mechanics and Heat", "4.0", "W", "0.0"],
            ],
            "Term GPA 3.65   Earned 8.0",
        ),
        (
            "Fall 2026",
            [
                ["CS 240", "Computer Organization", "4.0", "IP", ""],
                ["STAT 200", "Statistics for Engineers", "3.0", "IP", ""],
            ],
            "In progress",
        ),
    ]
    pages = [Canvas(LETTER), Canvas(LETTER)]
    for number, page in enumerate(pages, start=1):
        framed(page, "Tidewater State University - Unofficial Transcript", f"Page {number} of 2")
    first = pages[0]
    first.text(50, 60, "Unofficial Transcript", 14)
    lines = ["Name: Anna Example", "Date of birth: 4 March 2006", "Printed: 3 Oct 2026"]
    y = first.lines(50, 84, lines)
    for page, (term, courses, total) in zip([first, first, pages[1]], terms, strict=True):
        y = 60 if page is pages[1] else y + 14
        page.text(50, y, term, 11)
        y = page.table(50, y + 4, [80, 200, 60, 60, 60], [header, *courses], ruled=False)
        page.text(50, y + 12, total, 9)
        y += 20
    pages[1].text(50, y + 20, "Degree expected: May 15, 2028", 9)
    return pdf(pages, "Transcript")


def several_terms() -> bytes:
    """One file for a whole year: dates without a year under the headings of their terms."""
    autumn = [
        "MATH 131: Real Analysis I (5 credits)",
        "Fall Term 2026",
        "Classes begin: August 31",
        "Problem set 1 (10%) due September 18 at 11:59 pm",
        "Project week: Sep 28 - Oct 2",
        "Midterm (30%): October 21, 14:00",
        "Thanksgiving recess Nov 25-29",
        "Final exam (60%): December 14",
        "Winter break: Dec 19 - Jan 10",
    ]
    spring = [
        "MATH 132: Real Analysis II (5 credits)",
        "Spring Term 2027",
        "Classes begin: January 11",
        "Problem set 1 (10%) due January 29 at 11:59 pm",
        "Reading week: Feb 27 - Mar 7",
        "Midterm (30%): March 17, 14:00",
        "Final exam (60%): May 10",
    ]
    summer = ["MATH 139: Summer Reading Course (2 credits)", "Summer 2027", "Essay due: July 30"]
    pages = []
    for parts in ([autumn], [spring, summer]):
        page, y = Canvas(A4), 60.0
        for part in parts:
            page.text(50, y, part[0], 14)
            y = page.lines(50, y + 22, part[1:], 11) + 16
        pages.append(page)
    return pdf(pages, "Real Analysis, 2026-27")


def odd_dates() -> bytes:
    """Each line has its date in another way; an American file, which 10/15 shows."""
    lines = [
        "CHEM 115: General Chemistry",
        "Credits: 4    Fall 2026",
        "Sept. 3rd - Add/drop deadline",
        "3 Oct 2026: Field trip to the refinery",
        "Quiz 1 on 10/5",
        "Quiz 2 on Thu 10/15",
        "Oct. 12 and 14: Student presentations (15%)",
        "Oct 28 \u2013 Nov 3: Project week",
        "2026-11-11 Veterans Day, no class",
        "Lab notebook due Thurs., November 19th, 2026 at 5 p.m.",
        "Nov. 30\u2014Dec. 4 Last week of labs",
        "The 8th of December: review session",
        "Final exam (40%)  12/14/26  8:00 am",
        "Grades posted by September 31",
        "Read 3/4 of chapter 12, pages 10-15, ratio 1:2, room 10-24",
    ]
    page = Canvas(LETTER)
    page.lines(72, 80, lines, 11)
    return pdf([page])


def european() -> bytes:
    """Days before months, dots between them; a table with rules and a list."""
    rows = [
        ["Date", "Time", "Lecture", "Deadline"],
        ["5.10.", "10:15", "Introduction and organisation", ""],
        ["12.10.", "10:15", "Optimality conditions", "Sheet 1 (hand in by 19.10.)"],
        ["26.10.\u201330.10.", "", "Excursion week, no lecture", ""],
        ["2.11.2026", "10:15", "Duality", ""],
        ["7.12.2026", "14:00", "Midterm examination (30 %)", ""],
    ]
    page = Canvas(A4)
    page.text(50, 60, "OPT 410: Nonlinear Optimisation", 15)
    y = page.lines(50, 84, ["Winter semester 2026/27, 9 ECTS", "Start of lectures: 5.10.2026"])
    y = page.table(50, y, [90, 50, 200, 170], rows)
    page.lines(
        50,
        y + 20,
        [
            "Christmas break: 21.12.2026 \u2013 3.1.2027",
            "Registration for the exam: 11.\u201322.1.2027",
            "Written exam (70 %): 9/2/2027, 9:00",
            "Repeat exam: 06.04.2027",
        ],
    )
    return pdf([page], "Nonlinear Optimisation")


def rotated() -> bytes:
    """A wide table on a page that lies on its side, DRAFT across it."""
    rows = [
        ["Week", "Start date", "End date", "Module", "Assessment", "Weight"],
        ["1", "4 January 2027", "8 January 2027", "Sketching", "", ""],
        ["2", "11 January 2027", "15 January 2027", "Perspective", "Portfolio part A", "25%"],
        ["3", "18 January 2027", "22 January 2027", "Models", "", ""],
        ["4", "25 January 2027", "29 January 2027", "Presentation week", "Portfolio part B", "75%"],
    ]
    page = Canvas(A4, rotate=90)
    page.slanted(250, 450, "DRAFT", 120)
    page.text(50, 50, "ARCH 220: Drawing Studio (6 credits)", 14)
    page.text(50, 72, "Winter 2027")
    page.table(50, 90, [50, 110, 110, 170, 170, 80], rows, size=10)
    return pdf([page])


def glyph_by_glyph() -> bytes:
    """Letters one by one without spaces, and in kerned pieces; head and foot on each page."""
    parts: list[Sequence[str]] = [
        [
            "ECON 201: Microeconomics (3 credits)",
            "Fall 2026",
            "Sep 8: First lecture",
            "Problem set 1 (10%) due Friday, October 2 at 11:59 pm",
        ],
        ["Midterm exam (30%): October 21, 2026", "Nov 26-27: Thanksgiving, no class"],
        ["Final exam (60%): December 16, 2026, 9:00 am"],
    ]
    pages = []
    for number, part in enumerate(parts, start=1):
        page = Canvas(A4)
        page.glyphs(50, 30, "Department of Economics", 8)
        page.kerned(50, 815, f"Printed 1 Sep 2026, page {number} of 3", 8)
        for place, line in enumerate(part):
            draw = page.kerned if place % 2 else page.glyphs
            draw(60, 80 + 18 * place, line, 11)
        pages.append(page)
    return pdf(pages)


def borderless() -> bytes:
    """As a word processor saves it: PDF 1.5, a cut-down font with a ligature, a table without rules."""
    rows = [
        ["Date", "Topic", "Reading", "Assignment due"],
        ["Sep 8", "What is a sign?", "Saussure, ch. 1", ""],
        ["Sep 15", "Metaphor and the limits\nof translation", "Lakoff, ch. 2", "Reflection 1"],
        ["Sep 22", "Narrative", "", "Reflection 2"],
        ["Oct 6", "First examination", "", ""],
        ["Nov 24", "Film and field work", "Metz, pp. 31-67", "Final project (50%)"],
    ]
    page = Canvas(LETTER)
    page.text(72, 72, "PHIL 215: Semiotics", 16, "F2")
    page.text(72, 96, "Fall 2026 - 3 credits", 10, "F2")
    page.table(72, 120, [80, 160, 120, 110], rows, ruled=False, size=10, font="F2")
    return pdf([page], "Semiotics", packed=True)


def weeks_and_days() -> bytes:
    """Days named by week and weekday, counted from the first lecture; a frame around it all."""
    page = Canvas(A4)
    for x1, y1, x2, y2 in (
        (30, 30, 565, 30),
        (30, 812, 565, 812),
        (30, 30, 30, 812),
        (565, 30, 565, 812),
    ):
        page.rule(x1, y1, x2, y2)
    page.lines(
        50,
        70,
        [
            "MUS 150: Harmony (2 credits)",
            "Spring 2027",
            "Week 1: Mon, January 18 - Intervals",
            "Week 4 (Mon): Ear training test 1 (20%)",
            "Week 6 (Wed) - Composition exercise due",
            "Friday of week 8: Concert visit, 7:30 pm",
            "Week 10 (Mon-Fri): Spring break, no class",
            "Week 15, Thursday: Final recital (80%)",
        ],
        11,
    )
    return pdf([page])


def for_printing() -> bytes:
    """Protected against changes by the owner's password; anybody may open it."""
    page = Canvas(A4)
    lines = ["LAW 501: Contracts (4 credits)", "Fall 2026", "Moot court: October 30, 2026, 18:00"]
    page.lines(50, 80, lines, 11)
    return pdf([page], owner="registrar")
