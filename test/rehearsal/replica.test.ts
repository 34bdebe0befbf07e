import { createHash } from "node:crypto"
import { once } from "node:events"
import { createServer } from "node:net"
import { connect } from "node:tls"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type Replica, ReplicaPortTaken, startReplica } from "../../src/rehearsal/replica.ts"
import { ask } from "./ask.ts"

let replica: Replica
beforeAll(async () => {
  replica = await startReplica({ overlay: null })
})
afterAll(() => replica.close())

const profile = "https://www.linkedin.com/in/isla-drummond-rae/"

test("the fingerprint is that of the key which every host name is answered with", async () => {
  for (const servername of ["www.linkedin.com", "x.com", "never-heard-of.example"]) {
    const socket = connect({ port: replica.port, host: "127.0.0.1", servername, rejectUnauthorized: false })
    await once(socket, "secureConnect")
    const key = socket.getPeerX509Certificate()?.publicKey.export({ type: "spki", format: "der" })
    socket.destroy()
    expect(
      createHash("sha256")
        .update(key ?? "")
        .digest("base64"),
    ).toBe(replica.spki)
  }
})

test("the certificate names LinkedIn, X and the companies", async () => {
  for (const servername of ["www.linkedin.com", "static.licdn.com", "x.com", "t.co", "tidewright.example"]) {
    const socket = connect({ port: replica.port, host: "127.0.0.1", servername, ca: replica.certificate })
    await once(socket, "secureConnect")
    expect(socket.authorized).toBe(true)
    socket.destroy()
  }
})

test("an address that is not in the replica says so", async () => {
  for (const address of [
    "https://nowhere.example/",
    "https://www.linkedin.com/in/perpetua-lindqvist-amadi/",
    "https://www.linkedin.com/jobs/",
    "https://x.com/nobody_at_all",
    "https://x.com/isla_slackwater/status/1",
    "https://tidewright.example/nowhere",
    "https://www.linkedin.com/in/%E0%A4%A/",
  ]) {
    const answer = await ask(replica, address)
    expect(answer).toMatchObject({ status: 404, headers: { "x-giant-replica": "absent" } })
    expect(answer.body).toContain("<title>Not in the replica</title>")
    expect(replica.knows(address)).toBe(false)
  }
})

test("a page of the replica is known, and so is a wall", () => {
  expect(replica.knows(profile)).toBe(true)
  expect(replica.knows("https://www.linkedin.com/in/leontyne-marsh-abara")).toBe(true)
  expect(replica.knows("https://copperwing.example/")).toBe(true)
  expect(replica.knows("no address")).toBe(false)
})

test("HEAD answers like GET without the page", async () => {
  const whole = await ask(replica, profile)
  const head = await ask(replica, profile, { method: "HEAD" })
  expect(head).toMatchObject({ status: 200, body: "" })
  expect(head.headers["content-type"]).toBe(whole.headers["content-type"])
})

test("other methods are refused", async () => {
  for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS"]) {
    const answer = await ask(replica, profile, { method })
    expect(answer).toMatchObject({ status: 405, headers: { allow: "GET, HEAD, POST" } })
  }
})

test("a request whose host is no name is refused", async () => {
  expect(await ask(replica, profile, { headers: { host: "../etc" } })).toMatchObject({ status: 400 })
  expect(await ask(replica, profile, { path: "http://www.linkedin.com/" })).toMatchObject({ status: 400 })
})

test("what was asked is remembered in order", async () => {
  const own = await startReplica({ overlay: null })
  await ask(own, "https://x.com/isla_slackwater")
  await ask(own, "https://nowhere.example/?q=1")
  expect(own.requests()).toEqual([
    { method: "GET", url: "https://x.com/isla_slackwater", status: 200 },
    { method: "GET", url: "https://nowhere.example/?q=1", status: 404 },
  ])
  await own.close()
})

test("a port that is taken is named", async () => {
  const other = createServer()
  other.listen(0, "127.0.0.1")
  await once(other, "listening")
  const address = other.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  await expect(startReplica({ overlay: null, port })).rejects.toEqual(new ReplicaPortTaken(port))
  other.close()
})

test("a refused reader gets 999, an empty body and a script", async () => {
  const answer = await ask(replica, "https://www.linkedin.com/in/paloma-quispe-arranz/")
  expect(answer.status).toBe(999)
  expect(answer.body).toMatch(/<script[^>]*>.*<meta http-equiv="refresh".*<body><\/body>/s)
})

test("a closed profile forwards to the page for those", async () => {
  const answer = await ask(replica, "https://www.linkedin.com/in/piers-wendlock/")
  expect(answer).toMatchObject({ status: 302, headers: { location: "/404/" } })
  expect(await ask(replica, "https://www.linkedin.com/404/")).toMatchObject({ status: 200 })
})

test("the slow profile takes two seconds", async () => {
  const started = performance.now()
  expect((await ask(replica, "https://www.linkedin.com/in/bartholomew-quayle/")).status).toBe(200)
  expect(performance.now() - started).toBeGreaterThan(1950)
})

test("the login wall falls for somebody who signs in", async () => {
  const address = "https://www.linkedin.com/in/leontyne-marsh-abara/"
  const walled = await ask(replica, address)
  expect(walled.status).toBe(302)
  expect(walled.headers.location).toMatch(/^\/authwall\?/)
  const wrong = await submit("https://www.linkedin.com/uas/login-submit", "session_password=guess")
  expect(wrong.body).toContain("not the right password")
  const right = await submit("https://www.linkedin.com/uas/login-submit", "session_key=me&session_password=replica")
  expect(right).toMatchObject({ status: 302, headers: { location: "/feed/" } })
  const opened = await ask(replica, address, { headers: { cookie: cookieOf(right.headers["set-cookie"]) } })
  expect(opened.status).toBe(200)
})

test("the challenge falls for somebody who enters the code", async () => {
  const address = "https://www.linkedin.com/in/sven-hargreaves-lund/"
  expect((await ask(replica, address)).headers.location).toMatch(/^\/checkpoint\/challenge\//)
  const asked = await submit("https://www.linkedin.com/uas/login-submit", "session_password=challenge")
  expect(asked.headers.location).toMatch(/^\/checkpoint\/challenge\//)
  const wrong = await submit("https://www.linkedin.com/checkpoint/challenge/verify", "pin=000000")
  expect(wrong.body).toContain("That code is not right")
  const right = await submit("https://www.linkedin.com/checkpoint/challenge/verify", "pin=123456")
  const opened = await ask(replica, address, { headers: { cookie: cookieOf(right.headers["set-cookie"]) } })
  expect(opened.status).toBe(200)
})

test("X signs in with the right password, and locks the account for the odd one", async () => {
  const wrong = await submit("https://x.com/i/flow/login", "text=me&password=guess")
  expect(wrong.body).toContain("Wrong password")
  const odd = await submit("https://x.com/i/flow/login", "text=me&password=challenge")
  expect(odd.headers.location).toBe("/account/access")
  const right = await submit("https://x.com/i/flow/login", "text=me&password=replica")
  const home = await ask(replica, "https://x.com/home", {
    headers: { cookie: cookieOf(right.headers["set-cookie"]) },
  })
  expect(home.body).toContain("SideNav_AccountSwitcher_Button")
  expect((await ask(replica, "https://x.com/home")).headers.location).toBe("/i/flow/login")
})

test("a form that is too long is refused", async () => {
  const answer = await submit("https://www.linkedin.com/uas/login-submit", `session_password=${"x".repeat(150_001)}`)
  expect(answer.status).toBe(413)
})

function submit(address: string, body: string) {
  return ask(replica, address, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", "content-length": String(body.length) },
    body,
  })
}

function cookieOf(header: string[] | undefined): string {
  return (header ?? []).map((cookie) => cookie.split(";")[0]).join("; ")
}
