"""The replay lab: any policy over a stream of orders, with stock that runs out, judged by one yardstick."""
