"""Rows that the demo's Spotify knows: Artist, Album, Year, Genre, Label, Spotify."""

BLUE_ID = "7KLBS95TyYnZFtLcbVwJWY"
DUMMY_ID = "4fVmqHtEby8ZjUrf3dXECq"
RUMOURS_ID = "5SyV2JIsdsrivSJV40Bh21"
TRANSA_ID = "6mX2edB5K78YDXB4d31YHX"
UNTRUE_ID = "3XF3roAHm3bqOVYhWzeaOK"

# With an id: one call each.
BLUE = f"Joni Mitchell,Blue,1971,Folk,Reprise,{BLUE_ID}"
DUMMY = f"Portishead,Dummy,1994,Trip-hop,Go! Beat,spotify:album:{DUMMY_ID}"
RUMOURS = f"Fleetwood Mac,Rumours,1977,Rock,Warner Bros.,{RUMOURS_ID}"
TRANSA = f"Caetano Veloso,Transa,1972,MPB,Philips,{TRANSA_ID}"
UNTRUE = f"Burial,Untrue,2007,Electronic,Hyperdub,{UNTRUE_ID}"
LINKED = [BLUE, DUMMY, RUMOURS, TRANSA, UNTRUE]

# To be searched for.
DARK_SIDE = "Pink Floyd,The Dark Side of the Moon,1973,Rock,Harvest,"
HOMOGENIC = "Björk,Homogenic,1997,Electronic,One Little Indian,"
REVOLVER = "The Beatles,Revolver,1966,Rock,Parlophone,"
WEEZER_BLUE = "Weezer,Weezer,1994,Rock,DGC,"
WEEZER_GREEN = "Weezer,Weezer,2001,Rock,Geffen,"

# Nobody knows it.
UNKNOWN = "Nobody At All,No Such Album,1999,Rock,,"
