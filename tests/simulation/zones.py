"""Where people live: zones of every kind of offset and clock change, those with whole hours the fewest."""

ZONES = (
    "Europe/Berlin",  # at two o'clock, by an hour
    "America/New_York",  # other weeks than Europe
    "Australia/Lord_Howe",  # by half an hour, in the south
    "Asia/Kolkata",  # +5:30
    "America/Havana",  # at midnight: a day without its first hour
    "Pacific/Auckland",
    "Asia/Kathmandu",  # +5:45
    "Pacific/Chatham",  # +12:45 and +13:45
    "America/St_Johns",  # -3:30 and -2:30
    "Asia/Beirut",  # back at midnight: an evening with two last hours
    "UTC",
    "America/Santiago",  # at midnight, in the south
    "Pacific/Kiritimati",  # +14, the first of each day
    "Pacific/Pago_Pago",  # -11, the last
    "Europe/London",
    "Australia/Adelaide",  # +9:30 and +10:30
    "Atlantic/Azores",  # from -1 to 0
    "Australia/Eucla",  # +8:45
    "Pacific/Marquesas",  # -9:30
    "Asia/Tehran",  # +3:30
    "Asia/Kabul",  # +4:30
    "Asia/Yangon",  # +6:30
    "America/Los_Angeles",
    "Africa/Casablanca",  # a summer time that stops for Ramadan
    "Africa/Cairo",  # at midnight, on a Thursday or Friday
    "America/Nuuk",
    "Australia/Sydney",
    "Asia/Tokyo",
    "Antarctica/Troll",  # by two hours
    "Africa/Johannesburg",
    "America/Sao_Paulo",
    "Asia/Gaza",
    "Pacific/Norfolk",
    "America/Phoenix",
)
