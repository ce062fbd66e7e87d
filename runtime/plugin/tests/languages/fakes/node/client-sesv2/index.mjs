/** A small working model of `@aws-sdk/client-sesv2`: mails are files in the folder FAKE_AWS. */

import { mkdir, writeFile } from "node:fs/promises";

export class SendEmailCommand {
  constructor(input) {
    this.input = input;
  }
}

export class SESv2Client {
  constructor({ region }) {
    this.region = region;
  }

  async send({ input }) {
    const { FromEmailAddress, Destination, Content } = input;
    const raw = Content.Raw.Data;
    if (raw.length > 10_000) throw new Error("Message length is more than 10000 bytes long.");
    const folder = `${process.env.FAKE_AWS}/mails`;
    await mkdir(folder, { recursive: true });
    const told = { region: this.region, from: FromEmailAddress, to: Destination.ToAddresses };
    await writeFile(`${folder}/envelope.json`, JSON.stringify(told));
    await writeFile(`${folder}/raw.eml`, raw);
  }
}
