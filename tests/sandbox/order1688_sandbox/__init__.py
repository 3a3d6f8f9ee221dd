"""A stand-in for the signed REST API behind `POST /v2/alibaba/order/batch/create`.

Bytes travel through the modules in this order:

    listener -> http_peer -> http_reading -> gateway (signature, order_request, order_answer, plans)
             -> answer_faults (what the answer says) -> http_sending (how its bytes leave)

`books` remembers what happened, `admin` shows it and takes planned faults.
"""
