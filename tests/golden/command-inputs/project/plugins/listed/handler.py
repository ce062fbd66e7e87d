def entry(event, context): pass
