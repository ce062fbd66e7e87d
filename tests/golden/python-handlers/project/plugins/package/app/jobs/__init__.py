def entry(event, context):
    return handle(event)


def handle(event):
    return {"batchItemFailures": []}

