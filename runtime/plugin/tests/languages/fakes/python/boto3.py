"""A small working model of boto3: objects and mails are files in the folder FAKE_AWS."""

import json
import os
import pathlib
import urllib.parse


class ClientError(Exception):
    pass


class NoSuchKey(ClientError):
    pass


class Exceptions:
    ClientError = ClientError
    NoSuchKey = NoSuchKey


def kept(kind, name):
    folder = pathlib.Path(os.environ["FAKE_AWS"], kind)
    folder.mkdir(parents=True, exist_ok=True)
    return folder / urllib.parse.quote(name, safe="")


class Body:
    def __init__(self, content):
        self.read = lambda: content


class S3:
    exceptions = Exceptions

    def get_object(self, *, Bucket, Key):
        try:
            return {"Body": Body(kept("objects", f"{Bucket}/{Key}").read_bytes())}
        except FileNotFoundError:
            raise NoSuchKey("The specified key does not exist.") from None

    def put_object(self, *, Bucket, Key, Body):
        kept("objects", f"{Bucket}/{Key}").write_bytes(Body)

    def delete_object(self, *, Bucket, Key):
        kept("objects", f"{Bucket}/{Key}").unlink(missing_ok=True)


class SesV2:
    exceptions = Exceptions

    def __init__(self, region):
        self.region = region

    def send_email(self, *, FromEmailAddress, Destination, Content):
        raw = Content["Raw"]["Data"]
        if len(raw) > 10_000:
            raise ClientError("Message length is more than 10000 bytes long.")
        told = {"region": self.region, "from": FromEmailAddress, "to": Destination["ToAddresses"]}
        kept("mails", "envelope.json").write_text(json.dumps(told))
        kept("mails", "raw.eml").write_bytes(raw)


class Ses:
    exceptions = Exceptions

    def send_templated_email(self, **mail):
        kept("mails", "templated.json").write_text(json.dumps(mail))


def client(name, region_name=None, config=None):
    return {"s3": S3, "ses": Ses, "sesv2": lambda: SesV2(region_name)}[name]()
