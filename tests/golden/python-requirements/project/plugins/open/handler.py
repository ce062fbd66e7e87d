def entry(event, context):
    return {"batchItemFailures": []}
