/** A small working model of `@aws-sdk/client-s3`: objects are files in the folder FAKE_AWS. */

import { mkdir, readFile, rm, writeFile } from "node:fs/promises";

class Command {
  constructor(input) {
    this.input = input;
  }
}
export class GetObjectCommand extends Command {}
export class PutObjectCommand extends Command {}
export class DeleteObjectCommand extends Command {}

export class S3Client {
  constructor({ forcePathStyle }) {
    if (!forcePathStyle) throw new Error("not by path");
  }

  async send(command) {
    const { Bucket, Key, Body } = command.input;
    const folder = `${process.env.FAKE_AWS}/objects`;
    await mkdir(folder, { recursive: true });
    const file = `${folder}/${encodeURIComponent(`${Bucket}/${Key}`)}`;
    if (command instanceof PutObjectCommand) return writeFile(file, Body);
    if (command instanceof DeleteObjectCommand) return rm(file, { force: true });
    const content = await readFile(file).catch(() => {
      throw Object.assign(new Error("The specified key does not exist."), { name: "NoSuchKey" });
    });
    return { Body: { transformToByteArray: async () => new Uint8Array(content) } };
  }
}
