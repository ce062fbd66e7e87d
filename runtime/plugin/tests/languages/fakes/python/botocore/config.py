class Config:
    def __init__(self, *, s3):
        assert s3 == {"addressing_style": "path"}
