"""What will be wanted: the kind of a series, its mean ahead, and how many units that may become.

Pure, for history as arrays. `routing.forecast.ahead` is the door; `statsforecast` comes with the extra
``forecast`` and is imported only where a mean is asked for.
"""
