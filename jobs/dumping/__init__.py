"""Making operations of what somebody wrote down as it came to mind: to read, to propose, to carry out.

Reading order: ``known`` (what the user has to do already) · ``found`` (what two extractions may find) ·
``question`` (what they ask) · ``lines`` (what was found, as people read it) · ``extraction`` (one of them,
as it streams in) · ``operations`` (what may be proposed) · ``merge`` (of both) · ``confirmation`` (the form
a person answers) · ``carrying_out`` (all or nothing).
"""
