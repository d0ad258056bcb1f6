"""All tables of the database on one MetaData: inventory began it, each room of oms adds its own."""

from inventory.store.tables import metadata
from oms.store import bid_price_tables as bid_price_tables
from oms.store import courier_tables as courier_tables
from oms.store import customer_tables as customer_tables
from oms.store import failing_tables as failing_tables
from oms.store import foundation_tables as foundation_tables
from oms.store import import_tables as import_tables
from oms.store import money_tables as money_tables
from oms.store import network_tables as network_tables
from oms.store import node_work_tables as node_work_tables
from oms.store import order_tables as order_tables
from oms.store import picking_tables as picking_tables
from oms.store import pickup_tables as pickup_tables
from oms.store import retention_tables as retention_tables
from oms.store import return_tables as return_tables
from oms.store import shipment_tables as shipment_tables
from oms.store import wave_tables as wave_tables
from oms.store import webhook_tables as webhook_tables
from oms.store import what_if_tables as what_if_tables

__all__ = ["metadata"]
