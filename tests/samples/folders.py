"""A small whole folder that tests spoil one cell at a time."""

from pathlib import Path

FILES = {
    "nodes.csv": """id,name,kind,lat,lon,country,postcode,timezone,methods,fixed_minor,opens,closes,calendar
N1,First,store,38.2,-85.7,US,40201,America/Kentucky/Louisville,ship|pickup,100,08:00,20:00,
N2,,warehouse,39.1,-86.5,US,47401,America/Indiana/Indianapolis,ship,80,09:00,18:00,shop
""",
    "calendars.csv": """name,days,opens,closes
shop,mon|tue|wed|thu|fri,09:00,18:00
shop,sat,10:00,24:00
shop,sun,,
shop,holidays,,
shop,2017-10-02,,
shop,2017-12-24,09:00,13:30
""",
    "skus.csv": """id,name,weight_g,unit_price_minor,flags,barcode,category
A,Apple,150,99,cold,2000000000008|2000000000015,Produce
B,Bread,400,250,,,
""",
    "stock.csv": """node,sku,on_hand,safety_stock,bin
N1,A,5,1,01-01
N1,B,2,,
N2,A,7,0,
""",
    "orders.csv": """id,placed_at,lat,lon,country,postcode
O1,2017-10-01T09:30:00-04:00,38.25,-85.75,US,40202
O2,2017-10-01 15:00:00,38.30,-85.60,US,40205
""",
    "lines.csv": """order,sku,quantity,unit_price_minor
O1,A,2,95
O1,B,1,
O2,A,1,
""",
    "returns.csv": """id,order,sku,quantity,returned_at
R1,O1,A,1,2017-10-05T10:00:00Z
""",
    "replenishments.csv": "node,sku,quantity,at\nN1,B,4,2017-10-02T06:00:00Z\n",
    "tariffs.csv": "name,up_to_g,minor\nz1,500,420\nz1,30000,1900\n",
    "lanes.csv": """node,country,postcode_prefix,up_to_km,tariff,transit_days
N1,US,402,,z1,1
*,US,,500,z1,2
""",
    "network.json": '{"currency": "USD", "holidays": {"US": "US"}, "unfilled_penalty_minor": 5000}',
}


def put(folder: Path, **changed: str | bytes | None) -> Path:
    """Write the small folder; a file given as ``nodes_csv=…`` replaces its text, None leaves it out."""
    folder.mkdir(parents=True, exist_ok=True)
    contents: dict[str, str | bytes | None] = {
        **FILES,
        **{key.replace("_", "."): v for key, v in changed.items()},
    }
    for name, content in contents.items():
        if content is not None:
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder
