import { createServer, type Socket } from "node:net"

/** A mailbox on 127.0.0.1 with these mails, as far as reading it takes: enough of IMAP4rev1 for a client that only looks. */
export async function openMailbox(mails: { at: Date; source: string }[]) {
  const commands: string[] = []
  const server = createServer((socket) => {
    let waiting = ""
    socket.write("* OK [CAPABILITY IMAP4rev1] ready\r\n")
    socket.on("error", () => {})
    socket.on("data", (bytes) => {
      waiting += bytes.toString("latin1")
      for (let end = waiting.indexOf("\r\n"); end >= 0; end = waiting.indexOf("\r\n")) {
        const line = waiting.slice(0, end)
        waiting = waiting.slice(end + 2)
        commands.push(line.replace(/^\S+ /, ""))
        answer(socket, line)
      }
    })
  })

  function answer(socket: Socket, line: string): void {
    const [tag = "", ...words] = line.split(" ")
    const command = words.join(" ").toUpperCase()
    const done = (text = "done") => socket.write(`${tag} OK ${text}\r\n`)
    if (command.startsWith("CAPABILITY")) socket.write("* CAPABILITY IMAP4rev1\r\n")
    if (command.startsWith("LIST") || command.startsWith("LSUB")) socket.write('* LIST () "/" INBOX\r\n')
    if (command.startsWith("EXAMINE") || command.startsWith("SELECT")) {
      socket.write(
        `* FLAGS (\\Seen)\r\n* ${mails.length} EXISTS\r\n* OK [UIDVALIDITY 1] ids\r\n* OK [UIDNEXT 99] next\r\n`,
      )
      return void done("[READ-ONLY] done")
    }
    if (command.startsWith("UID SEARCH")) socket.write(`* SEARCH ${mails.map((_, at) => at + 1).join(" ")}\r\n`)
    const fetched = /^UID FETCH (\d+)/.exec(command)?.[1]
    const mail = mails[Number(fetched) - 1]
    if (mail) {
      const source = Buffer.from(mail.source)
      const [, month = "", date = "", year = ""] = mail.at.toUTCString().match(/, (\d\d) (\w{3}) (\d{4})/) ?? []
      socket.write(
        `* ${fetched} FETCH (UID ${fetched} INTERNALDATE "${month}-${date}-${year} 12:00:00 +0000" BODY[]<0> {${source.length}}\r\n`,
      )
      socket.write(source)
      socket.write(")\r\n")
    }
    if (command.startsWith("LOGOUT")) socket.write("* BYE\r\n")
    done()
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  if (address === null || typeof address === "string") throw new TypeError("The mailbox listens on no port.")
  return { port: address.port, commands, close: () => new Promise<void>((resolve) => server.close(() => resolve())) }
}
