import { describe, expect, test } from "vitest"
import { openLeadFile } from "../../../src/leads/import/lead-file.ts"
import { fixture, leadsOf, opened, refusalsOf, rowsOf, temporaryFile } from "./sample-files.ts"

describe("every vendor's export is recognised and read", () => {
  test("LinkedIn's connections, below its notes", async () => {
    const file = await opened(fixture("linkedin-connections.csv"))
    expect(file.source).toBe("linkedin")
    expect(file.mapping.every(({ field }) => field !== "custom")).toBe(true)
    const rows = await rowsOf(file)
    expect(rows.map(({ line }) => line)).toEqual([5, 6, 7])
    expect(rows[0]).toEqual({
      kind: "lead",
      line: 5,
      lead: {
        name: "Mara Lindqvist",
        title: "Head of Growth",
        company: "Fjordlight AB",
        companyDomain: null,
        emails: ["mara.lindqvist@fjordlight.example"],
        phones: [],
        linkedinUrl: "https://www.linkedin.com/in/mara-lindqvist-5501",
        companyLinkedinUrl: null,
        companyIndustry: null,
        companySize: null,
        xHandle: null,
        website: null,
        location: null,
        status: null,
        value: null,
        owner: null,
        notes: null,
        connectedOn: "2026-03-04",
        doNotContact: false,
        custom: {},
      },
    })
    expect(rows[1]).toMatchObject({
      lead: {
        linkedinUrl: "https://www.linkedin.com/in/jörg-weißhaupt",
        company: "Weißhaupt, Söhne & Co. KG",
        emails: [],
      },
    })
  })

  test("HubSpot's contacts", async () => {
    const path = fixture("hubspot-contacts.csv")
    expect((await opened(path)).source).toBe("hubspot")
    expect(await leadsOf(path)).toMatchObject([
      {
        name: "Owen Achterberg",
        title: "VP Sales",
        companyDomain: "quillharbor.example",
        phones: ["+15550101199"],
        linkedinUrl: "https://www.linkedin.com/in/owen-achterberg",
        xHandle: "owenachter",
        location: "Boston, MA, United States",
        status: "contacted",
        owner: "sam@ourteam.example",
        doNotContact: false,
        custom: { "Record ID": "100501", "Lead Status": "IN_PROGRESS" },
      },
      { emails: ["priya@saltmarsh.example", "priya.n@gmail.com"], status: "new", doNotContact: true },
    ])
  })

  test("Salesforce's report, between its title and its footer", async () => {
    const path = fixture("salesforce-leads.csv")
    expect((await opened(path)).source).toBe("salesforce")
    expect(await leadsOf(path)).toMatchObject([
      {
        name: "Tobias Marrow",
        company: "Copperfen Ltd",
        companyDomain: "copperfen.example",
        phones: ["+441135550177"],
        status: "contacted",
      },
      { name: "Wen Okonkwo", phones: ["+61255500123"], status: "qualified", doNotContact: true },
    ])
    expect(await refusalsOf(path)).toMatchObject([{ line: 8, reason: "has 1 cell where the header has 16" }])
  })

  test("Apollo's contacts, where website and X account are the company's", async () => {
    const path = fixture("apollo-contacts.csv")
    expect((await opened(path)).source).toBe("apollo")
    const [lucia, dan] = await leadsOf(path)
    expect(lucia).toMatchObject({
      companyDomain: "vetrachiara.example",
      companyLinkedinUrl: "https://www.linkedin.com/company/vetrachiara",
      website: null,
      xHandle: null,
      phones: ["+390255500111", "+393205550112"],
      status: "replied",
      companyIndustry: "glass",
      companySize: "140",
      custom: { "Twitter Url": "https://twitter.com/vetrachiara" },
    })
    expect(dan).toMatchObject({ status: null, doNotContact: true, emails: [] })
  })

  test("Google's contacts, with several values in a cell", async () => {
    const path = fixture("google-contacts.csv")
    expect((await opened(path)).source).toBe("google-contacts")
    expect(await leadsOf(path)).toMatchObject([
      {
        name: "Hana M. Sokolov",
        title: "Buyer",
        company: "Tidewren",
        emails: ["hana@tidewren.example", "hana.s@gmail.com", "hana.two@gmail.com"],
        phones: ["+420601555011"],
        website: "https://tidewren.example",
        location: "Dlouha 1, Prague",
        notes: "Met at the fair.\nLikes short mails.",
      },
    ])
  })

  test("Outlook's contacts, where a title is a form of address", async () => {
    const path = fixture("outlook-contacts.csv")
    expect((await opened(path)).source).toBe("outlook")
    expect(await leadsOf(path)).toMatchObject([
      {
        name: "Kofi Brandt",
        title: "Sales Manager",
        phones: ["+31305550123"],
        location: "Utrecht, Netherlands",
        custom: { Title: "Mr." },
      },
    ])
  })

  test("plain tables in German, Spanish, French and Portuguese", async () => {
    expect(await leadsOf(fixture("german-excel.csv"))).toMatchObject([
      {
        name: "Käthe Müller-Lüdenscheid",
        company: "Rheinkiesel GmbH",
        title: "Leiterin Einkauf",
        phones: ["+49305550123"],
        value: 12500,
        connectedOn: "2025-12-31",
        custom: { Currency: "EUR" },
      },
    ])
    expect(await leadsOf(fixture("spanish.tsv"))).toMatchObject([
      { name: "Ángela Pruñonosa", company: "Azulera SL", title: "Gerente", phones: ["+34910555012"] },
    ])
    expect(await leadsOf(fixture("french.csv"))).toMatchObject([
      {
        name: "Éloïse Garancier",
        company: "Boisclair SARL",
        title: "Directrice",
        phones: ["+33155500123"],
        status: "contacted",
      },
    ])
    expect(await leadsOf(fixture("portuguese.csv"))).toMatchObject([
      { name: "João Valverde", company: "Pedralva Lda", title: "Diretor", phones: ["+351912555012"] },
    ])
  })

  test("JSON and JSON lines", async () => {
    expect(await leadsOf(fixture("leads.json"))).toMatchObject([
      {
        name: "Nils Obermeer",
        emails: ["nils@obermeer.example", "n.obermeer@gmail.com"],
        company: "Obermeer",
        companyDomain: "obermeer.example",
        custom: { "Favourite tea": "oolong" },
      },
      { name: 'Ada ["Brackets"] {Quill}', linkedinUrl: "https://www.linkedin.com/in/ada-quill", value: 1200 },
    ])
    expect(await leadsOf(fixture("leads.jsonl"))).toMatchObject([
      { name: "Nils Obermeer" },
      { name: "Ada Quill", xHandle: "adaquill", custom: { later: "kept" } },
    ])
    expect(await refusalsOf(fixture("leads.jsonl"))).toMatchObject([{ line: 2 }])
  })
})

test("a file reads the same in every encoding", async () => {
  const text = "Name;Ort;E-Mail\nJörg Weiß;Köln;joerg@weiss.example\n"
  const files = [
    Buffer.from(text),
    Buffer.from(text, "latin1"),
    Buffer.from(`\ufeff${text}`, "utf16le"),
    Buffer.from(text, "utf16le").swap16(),
  ]
  for (const bytes of files) {
    expect(await leadsOf(await temporaryFile(bytes))).toMatchObject([{ name: "Jörg Weiß", location: "Köln" }])
  }
})

test("a row without a name keeps none, and a row with nothing to recognise is refused", async () => {
  const path = await temporaryFile("name,email,phone,city\n,ada@quill.example,,\n,n/a,+1 555 010 1234,Leeds\nBo,,,\n")
  expect(await rowsOf(await opened(path))).toMatchObject([
    { kind: "lead", line: 2, lead: { name: null, emails: ["ada@quill.example"] } },
    {
      kind: "refused",
      line: 3,
      reason: "has no name and nothing to recognise a person by",
      raw: ", n/a, +1 555 010 1234, Leeds",
    },
    { kind: "lead", line: 4, lead: { name: "Bo", emails: [], phones: [] } },
  ])
})

test("a value that is not what its column says is kept as it is", async () => {
  const rows = [
    "Ada,ada(at)quill,soon,ask,03/04/2025",
    "Bo,bo@quill.example,+1 555 010 1234,$5k,03/04/2025",
    "Cy,cy@quill.example,,,",
  ]
  const [ada, bo] = await leadsOf(await temporaryFile(`Name,Email,Phone,Value,Connected On\n${rows.join("\n")}\n`))
  expect(ada).toMatchObject({
    emails: [],
    phones: [],
    value: null,
    connectedOn: null,
    custom: { Email: "ada(at)quill", Phone: "soon", Value: "ask", "Connected On": "03/04/2025" },
  })
  expect(bo).toMatchObject({
    emails: ["bo@quill.example"],
    value: 5000,
    custom: { Currency: "USD", "Connected On": "03/04/2025" },
  })
})

test("a date that fits both orders is read as another date of its column shows", async () => {
  const leads = await leadsOf(await temporaryFile("Name,Connected On\nAda,03/04/2025\nBo,25/04/2025\n"))
  expect(leads.map(({ connectedOn }) => connectedOn)).toEqual(["2025-04-03", "2025-04-25"])
})

test("several addresses in a cell are several, each once", async () => {
  const cell = '"Ada Quill <ada@quill.example>; ADA@quill.example,\n a.quill@gmail.com not-an-address"'
  const [ada] = await leadsOf(await temporaryFile(`name,email\nAda Quill,${cell}\nBo,bo@quill.example\n`))
  expect(ada?.emails).toEqual(["ada@quill.example", "a.quill@gmail.com"])
})

test("a national phone number is read in the row's country, then in the region given, and is text without either", async () => {
  const path = await temporaryFile("name,phone,country\nAda,030 5550123,Germany\nBo,(555) 010-1234,\n")
  expect((await leadsOf(path)).map(({ phones }) => phones)).toEqual([["+49305550123"], ["(555) 010-1234"]])
  expect((await leadsOf(path, { region: "US" })).map(({ phones }) => phones)).toEqual([
    ["+49305550123"],
    ["+15550101234"],
  ])
})

test("people whose last name is Null are people", async () => {
  const path = await temporaryFile(
    "First name,Last name,Email\nAda,Null,ada@quill.example\nnull,null,bo@quill.example\n",
  )
  expect((await leadsOf(path)).map(({ name }) => name)).toEqual(["Ada Null", null])
})

test("hostile text stays text: formulas, markup, marks of direction, and a header that is a trap", async () => {
  const path = await temporaryFile(
    "name,notes,__proto__,constructor\n\"=cmd|' /C calc'!A0\",<script>\u202e\x07x,polluted,y\nBo,,,\n",
  )
  const [lead] = await leadsOf(path)
  expect(lead).toMatchObject({ name: "=cmd|' /C calc'!A0", notes: "<script>x" })
  expect(Object.entries(lead?.custom ?? {})).toEqual([
    ["__proto__", "polluted"],
    ["constructor", "y"],
  ])
  expect(Object.getPrototypeOf(lead?.custom)).toBe(Object.prototype)
})

test("what the person chose is followed", async () => {
  const path = await temporaryFile("Who,Where\nAda Quill,Leeds\n")
  expect(await openLeadFile(path)).toMatchObject({ kind: "refused", code: "no-usable-column" })
  expect(await leadsOf(path, { map: ["Who=name", "where=location"] })).toMatchObject([
    { name: "Ada Quill", location: "Leeds" },
  ])
  expect(await openLeadFile(path, { map: ["Who=nobody"] })).toMatchObject({ kind: "refused", code: "unknown-field" })
})

test("a file that is none is refused before any row", async () => {
  expect(await openLeadFile("/nowhere/leads.csv")).toMatchObject({ kind: "refused", code: "missing" })
  expect(await openLeadFile(await temporaryFile("%PDF-1.7"))).toMatchObject({ kind: "refused", code: "binary" })
  expect(await openLeadFile(await temporaryFile("[]"))).toMatchObject({ kind: "refused", code: "not-a-table" })
})

test("a hundred thousand rows come in batches of at most a thousand, with progress, and can be read again", async () => {
  const row = (i: number) => `Ada Quill ${i},ada${i}@quill.example,"Quill, Inc."\n`
  const path = await temporaryFile(`name,email,company\n${Array.from({ length: 100_000 }, (_, i) => row(i)).join("")}`)
  const file = await opened(path)
  let read = 0
  let progress = 0
  for await (const batch of file.rows) {
    expect(batch.length).toBeLessThanOrEqual(1000)
    expect(file.bytesRead()).toBeGreaterThanOrEqual(progress)
    progress = file.bytesRead()
    read += batch.length
  }
  expect({ read, progress }).toEqual({ read: 100_000, progress: file.bytes })
  for await (const batch of file.rows) {
    expect(batch[0]).toMatchObject({ line: 2, lead: { name: "Ada Quill 0" } })
    break
  }
})
