"""Making operations of what somebody wrote down as it came to mind: to read, to propose, to carry out.

Reading order: ``known`` (what the user has to do already) · ``found`` (what two extractions may find) ·
``question`` (what they ask) · ``lines`` (what was found, as people read it) · ``extraction`` (one of them,
as it streams in) · ``reading`` (both side by side) · ``operations`` (what may be proposed) ·
``names`` (what a text calls it) · ``merge`` (what both found, as operations) · ``wording`` ·
``confirmation`` (the form a person answers) · ``carrying_out`` (all or nothing) · ``deciding`` (all that).
"""
