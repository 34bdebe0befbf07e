import { describe, expect, test } from "vitest"
import { mapColumns } from "../../../src/leads/import/mapping.ts"

test.each([
  ["HubSpot", ["Industry", "Number of Employees", "Company Domain Name", "Company LinkedIn URL"]],
  ["Salesforce", ["Industry", "No. of Employees", "Company Website", "Company LinkedIn"]],
  ["Apollo", ["Industry", "# Employees", "Company Website", "Company Linkedin Url"]],
  ["Sales Navigator", ["companyIndustry", "companySize", "companyWebsite", "companyLinkedInUrl"]],
  ["German", ["Branche", "Anzahl Mitarbeiter", "Firmenwebsite", "Company LinkedIn"]],
])("what %s says of a company is the company's", (_, columns) => {
  const values = ["Software", "51-200", "https://quill.example", "https://linkedin.com/company/quill"]
  const fields = Object.values(map(["Name", "Company", ...columns], [["Ada Quill", "Quill", ...values]]))
  expect(fields.slice(2)).toEqual(["company_industry", "company_size", "company_domain", "company_linkedin_url"])
})

test("a size that a spreadsheet has made a date of is not believed", () => {
  expect(map(["Name", "Company size"], [["Ada", "2026-10-02"]])).toMatchObject({ "Company size": "custom" })
})

test("a column of email addresses is email whatever it is called", () => {
  const fields = map(
    ["Wer", "Dings"],
    [
      ["x", "ada@quill.example"],
      ["y", "bo@quill.example, bo@gmail.com"],
    ],
  )
  expect(fields).toEqual({ Wer: "custom", Dings: "email" })
})

test("addresses of LinkedIn and X are known by sight, a company's page as the company's", () => {
  const row = [
    "https://linkedin.com/in/ada",
    "https://linkedin.com/company/quill",
    "https://x.com/ada",
    "+1 555 010 1234",
  ]
  expect(map(["a", "b", "c", "d"], [row])).toEqual({
    a: "linkedin_url",
    b: "company_linkedin_url",
    c: "x_handle",
    d: "phone",
  })
})

test("an address under somebody else's header is not the lead's", () => {
  const fields = map(["Name", "Created By", "Manager's mail"], [["Ada", "rosa@team.example", "boss@quill.example"]])
  expect(fields).toEqual({ Name: "name", "Created By": "custom", "Manager's mail": "custom" })
})

test("a header whose values are something else is not believed", () => {
  const fields = map(
    ["Name", "Email", "LinkedIn", "Title"],
    [["Ada", "yes", "https://linkedin.com/company/quill", "Ms."]],
  )
  expect(fields).toEqual({ Name: "name", Email: "custom", LinkedIn: "company_linkedin_url", Title: "custom" })
})

test("the seams of camelCase, numbers, accents and filling words do not matter", () => {
  const fields = map(["firstName", "Last_Name", "E-Mail 1", "Contact's mobile", "LinkedInUrl", "SOCIÉTÉ"], [])
  expect(Object.values(fields)).toEqual(["first_name", "last_name", "email", "phone", "linkedin_url", "company"])
})

test("a field that holds one value takes its best column", () => {
  expect(map(["Name", "Company", "Company Name", "Role", "Job Title"], [])).toEqual({
    Name: "name",
    Company: "custom",
    "Company Name": "company",
    Role: "custom",
    "Job Title": "title",
  })
})

describe("a bare name beside half a name is the other half", () => {
  test.each([
    [
      ["Name", "Vorname"],
      ["Quill", "Ada"],
      ["last_name", "first_name"],
    ],
    [
      ["Nombre", "Apellidos"],
      ["Ada", "Quill"],
      ["first_name", "last_name"],
    ],
    [
      ["Nom", "Prénom"],
      ["Quill", "Ada"],
      ["last_name", "first_name"],
    ],
    [
      ["Name", "First name"],
      ["Ada Quill", "Ada"],
      ["name", "first_name"],
    ],
    [
      ["Name", "First name", "Last name"],
      ["Ada Quill", "Ada", "Quill"],
      ["name", "first_name", "last_name"],
    ],
  ])("%j", (columns, row, fields) => {
    expect(Object.values(map(columns, [row]))).toEqual(fields)
  })
})

describe("what the person chose", () => {
  test("goes before what the header says", () => {
    const mapping = mapColumns(["Name", "Code", "Note=1"], [], ["Code=name", "name = custom", "Note=1=notes"])
    expect(mapping).toMatchObject({
      columns: [
        { column: "Name", field: "custom", why: "chosen" },
        { column: "Code", field: "name", why: "chosen" },
        { column: "Note=1", field: "notes", why: "chosen" },
      ],
    })
  })

  test("may write a field as it likes", () => {
    expect(mapColumns(["Who"], [], ["who=LinkedIn URL"])).toMatchObject({ columns: [{ field: "linkedin_url" }] })
  })

  test("must name a column of the file", () => {
    expect(mapColumns(["Name", "City"], [], ["Town=city"])).toMatchObject({
      code: "unknown-header",
      message: "The file has no column Town.",
      hint: "Its columns are: Name, City.",
    })
    expect(mapColumns(["Name"], [], ["Name"])).toMatchObject({ code: "unknown-header" })
  })

  test("must name a field of a lead", () => {
    expect(mapColumns(["Name"], [], ["Name=nickname"])).toMatchObject({
      code: "unknown-field",
      message: "A lead has no field nickname.",
      hint: expect.stringContaining("linkedin_url"),
    })
  })

  test("cannot make two columns one field, unless a lead can have several", () => {
    expect(mapColumns(["A", "B"], [], ["A=name", "B=name"])).toMatchObject({ code: "field-twice" })
    expect(mapColumns(["A", "B"], [], ["A=email", "B=email"])).toMatchObject({ kind: "mapped" })
  })
})

test("a file that says of nobody who they are is refused with its headers and what is needed", () => {
  expect(mapColumns(["Colour", "Phone"], [["red", "+1 555 010 1234"]])).toMatchObject({
    code: "no-usable-column",
    message: "No column of the file says who somebody is; it has: Colour, Phone.",
    hint: expect.stringContaining("--map"),
  })
})

function map(columns: string[], sample: string[][]): Record<string, string> {
  const mapping = mapColumns(columns, sample)
  if (mapping.kind === "refused") throw new Error(mapping.message)
  return Object.fromEntries(mapping.columns.map(({ column, field }) => [column, field]))
}
