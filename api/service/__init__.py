"""What every route stands on (服务): who asks, within what, at what rate; errors, limits, readiness, work beside it.

Nothing here knows a topic. The application that puts the topics together is :mod:`api.app`, its
background duties :mod:`api.duties`.
"""
