import { generate } from "selfsigned"
import { SMTPServer } from "smtp-server"

type Received = { from: string; to: string[]; raw: string; heads: Map<string, string>; body: string }

/** A real mail server on 127.0.0.1. `refuse` answers a recipient with these words; `hangUp` ends the connection after the data. */
export async function startMailServer(options: { refuse?: string; hangUp?: boolean } = {}) {
  const { private: key, cert } = await generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] }],
  })
  const received: Received[] = []
  const server = new SMTPServer({
    secure: true,
    key,
    cert,
    authOptional: true,
    logger: false,
    disableReverseLookup: true,
    onAuth: ({ username, password }, _session, done) =>
      username === "ada" && password === "letmein" ? done(null, { user: username }) : done(new Error("Wrong password")),
    onRcptTo(_address, _session, done) {
      done(options.refuse ? Object.assign(new Error(options.refuse), { responseCode: 550 }) : null)
    },
    onData(stream, session, done) {
      let raw = ""
      stream.setEncoding("utf8")
      stream.on("data", (text: string) => {
        raw += text
      })
      stream.on("end", () => {
        if (options.hangUp) {
          server.close()
          for (const connection of server.connections) connection.close()
          return
        }
        const from = session.envelope.mailFrom ? session.envelope.mailFrom.address : ""
        const to = session.envelope.rcptTo.map(({ address }) => address)
        received.push({ from, to, raw, ...parsed(raw) })
        done()
      })
    },
  })
  server.on("error", () => {})
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.server.address()
  if (address === null || typeof address === "string") throw new TypeError("The mail server listens on no port.")
  return {
    port: address.port,
    certificate: cert,
    received,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

function parsed(raw: string): { heads: Map<string, string>; body: string } {
  const end = raw.indexOf("\r\n\r\n")
  const heads = new Map(
    raw
      .slice(0, end)
      .replace(/\r\n[ \t]+/g, " ")
      .split("\r\n")
      .map((line): [string, string] => {
        const colon = line.indexOf(":")
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
      }),
  )
  const encoding = heads.get("content-transfer-encoding")
  const text = raw.slice(end + 4)
  const bytes =
    encoding === "base64"
      ? Buffer.from(text, "base64")
      : Buffer.from(
          encoding === "quoted-printable"
            ? text
                .replace(/=\r\n/g, "")
                .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
            : text,
          "latin1",
        )
  return { heads, body: bytes.toString("utf8") }
}
