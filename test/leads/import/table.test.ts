import { describe, expect, test } from "vitest"
import { openTable, type Table, type TableRow } from "../../../src/leads/import/table.ts"

describe("the delimiter and the header are found", () => {
  test.each([
    ["commas", "name,city\nAda,Leeds\n"],
    ["semicolons, with commas in the cells", 'name;city\n"Ada, B";Leeds, UK\nBo, C;Hull, UK\n'],
    ["tabs", "name\tcity\nAda\tLeeds\n"],
    ["bars", "name|city\nAda|Leeds\n"],
    ["a spreadsheet's hint", "sep=;\nname;city\nAda;Leeds\n"],
    ["a title and notes above", 'Leads of May\n"Exported by Rosa, with care"\n\nname,city\nAda,Leeds\n'],
    ["a title row as wide as the table", "Leads of May,\nname,city\nAda,Leeds\n"],
    ["line ends of Windows", "name,city\r\nAda,Leeds\r\n"],
    ["line ends of old Macs", "name,city\rAda,Leeds\r"],
    ["no line end after the last row", "name,city\nAda,Leeds"],
  ])("%s", async (_, text) => {
    expect((await table(text)).columns).toEqual(["name", "city"])
  })

  test("one column has no delimiter", async () => {
    const { columns, rows } = await read("email\nada@quill.example\nbo@quill.example\n")
    expect(columns).toEqual(["email"])
    expect(rows).toHaveLength(2)
  })

  test("a first line of data is no header", async () => {
    const { columns, rows } = await read("Ada,ada@quill.example\nBo,bo@quill.example\n")
    expect(columns).toEqual(["Column 1", "Column 2"])
    expect(rows.map(({ line }) => line)).toEqual([1, 2])
  })

  test("nameless columns with values and doubled names get names", async () => {
    expect((await table("name,email,email,\nAda,a,b,note\n")).columns).toEqual([
      "name",
      "email",
      "email (2)",
      "Column 4",
    ])
  })

  test("a header without rows is a table without rows", async () => {
    const { columns, rows } = await read("Notes:\n\nFirst Name,Last Name,URL\n")
    expect({ columns, rows }).toEqual({ columns: ["First Name", "Last Name", "URL"], rows: [] })
  })

  test("blank lines are no table", async () => {
    expect(await openTable(chunked(",,\n\n", 4))).toMatchObject({ kind: "refused", code: "no-rows" })
  })
})

describe("cells are what was written", () => {
  test("quotes hold delimiters, quotes and line breaks, and lines are still counted", async () => {
    const { rows } = await read('name,note\n"Quill, Ada","says ""hi""\r\nand goes"\r\n Bo , "x" \nCy,5" pipe\n')
    expect(rows).toEqual([
      row(2, ["Quill, Ada", 'says "hi"\r\nand goes']),
      row(4, [" Bo ", "x"]),
      row(5, ["Cy", '5" pipe']),
    ])
  })

  test("a formula is text", async () => {
    expect((await read('name,note\n"=HYPERLINK(""x"")",=1+1\n')).rows).toEqual([row(2, ['=HYPERLINK("x")', "=1+1"])])
  })

  test("blank lines are not rows", async () => {
    expect((await read("name,note\n\n , \nAda,x\n,,,\n")).rows).toEqual([row(4, ["Ada", "x"])])
  })

  test("pieces of any size give the same rows", async () => {
    const text = 'name,note\r\n"Ada ""A""","two\r\nlines"\r\nBo,x\r\n"bad"quote,y\r\nCy,"z"'
    const whole = (await read(text)).rows
    expect(whole).toHaveLength(4)
    for (const size of [1, 2, 3, 7]) expect((await read(text, size)).rows).toEqual(whole)
  })
})

describe("a row that cannot be read is refused alone, with its line", () => {
  test("too few and too many cells", async () => {
    const { rows } = await read("a,b,c\n1,2\n1,2,3\n1,2,3,4\n1,2,3,,\n")
    expect(rows).toEqual([
      { kind: "refused", line: 2, reason: "has 2 cells where the header has 3", raw: "1,2" },
      row(3, ["1", "2", "3"]),
      { kind: "refused", line: 4, reason: "has 4 cells where the header has 3", raw: "1,2,3,4" },
      row(5, ["1", "2", "3", "", ""]),
    ])
  })

  test("nameless trailing columns may be missing", async () => {
    expect((await read("a,b,,\n1,2\n1,2,,\n")).rows.map(({ kind }) => kind)).toEqual(["cells", "cells"])
  })

  test("a quote that is never closed costs its own line", async () => {
    const { rows } = await read('a,b\n1,2\n"3,4\n5,6\n7,8\n')
    expect(rows).toEqual([
      row(2, ["1", "2"]),
      { kind: "refused", line: 3, reason: "has a quote that is opened and never closed", raw: '"3,4' },
      row(4, ["5", "6"]),
      row(5, ["7", "8"]),
    ])
  })

  test("a stray quote does not swallow rows up to the next quoted cell", async () => {
    const { rows } = await read('a,b\n"1,2\n3,4\n5,"six, 6"\n7,8\n')
    expect(rows.map(({ kind, line }) => [kind, line])).toEqual([
      ["refused", 2],
      ["cells", 3],
      ["cells", 4],
      ["cells", 5],
    ])
  })

  test("a stray quote does not swallow rows up to another stray quote, as the cells no longer fit the header", async () => {
    const { rows } = await read('a,b,c\n1,"2,x\n3,4,y\n5",6,7,8\n9,10,z\n')
    expect(rows.map(({ kind, line }) => [kind, line])).toEqual([
      ["refused", 2],
      ["cells", 3],
      ["refused", 4],
      ["cells", 5],
    ])
  })

  test("in a long file a stray quote costs no more, and none of it is held in memory", async () => {
    const before = "1,2\n".repeat(1000)
    const after = "3,4\n".repeat(100_000)
    const { rows } = await read(`a,b\n${before}"oh,no\n${after}`, 65_536)
    expect(rows.filter(({ kind }) => kind === "refused")).toMatchObject([{ line: 1002 }])
    expect(rows).toHaveLength(101_001)
  })

  test("a line that never ends is left out", async () => {
    const { rows } = await read(`a,b\n1,2\n${"x".repeat(3_000_000)},2\n3,4\n`, 65_536)
    expect(rows).toMatchObject([
      { line: 2 },
      { line: 3, reason: "is longer than a row can be" },
      { line: 4, cells: ["3", "4"] },
    ])
  })
})

describe("JSON", () => {
  test("an array of objects is read in pieces of any size", async () => {
    const text = '\n[ {"a": "x]},\\"", "b": [1, 2]},\n {"a": null, "c": {"d": true}}, 5 ,\n{"a": "z"} ]\n'
    for (const size of [1, 5, 1000]) {
      const { columns, rows, format } = await read(text, size)
      expect({ columns, format }).toEqual({ columns: ["a", "b", "c.d"], format: "json" })
      expect(rows).toEqual([
        row(2, ['x]},"', "1; 2", ""]),
        row(3, ["", "", "true"]),
        { kind: "refused", line: 3, reason: "is not a JSON object", raw: "5" },
        row(4, ["z", "", ""]),
      ])
    }
  })

  test("an array that breaks off says so after what could be read", async () => {
    expect((await read('[{"a": 1}, {"a": 2}, {"a"')).rows).toMatchObject([
      { cells: ["1"] },
      { cells: ["2"] },
      { kind: "refused", reason: "breaks off: the file ends inside its list" },
    ])
  })

  test("an object on each line; a broken line is refused alone", async () => {
    const { format, rows } = await read('{"a":1}\n\n{"a":\n{"a":3}')
    expect(format).toBe("jsonl")
    expect(rows).toMatchObject([{ cells: ["1"] }, { kind: "refused", line: 3 }, { line: 4, cells: ["3"] }])
  })

  test("an entry nested beyond measure is refused alone", async () => {
    const deep = `{"a":${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}}`
    expect((await read(`{"a":1}\n${deep}\n{"a":3}`, 65_536)).rows).toMatchObject([
      { cells: ["1"] },
      { kind: "refused" },
      { line: 3 },
    ])
  })

  test("a key that comes late is kept apart", async () => {
    const early = '{"a":1}\n'.repeat(1500)
    expect((await read(`${early}{"a":2,"z":"late"}\n`, 1000)).rows.at(-1)).toEqual({
      ...row(1501, ["2"]),
      extra: { z: "late" },
    })
  })

  test("one object over several lines, or a list of none, is no table", async () => {
    const said = async (text: string) => {
      const refused = await openTable(chunked(text, 100))
      return refused.kind === "refused" && refused.code === "not-a-table" ? refused.message : refused
    }
    expect(await said('{\n"leads": []\n}')).toMatch(/^The file looks like JSON, but what stands at line 1 is not/)
    expect(await said("[1, 2]")).toMatch(/line 1 is not a JSON object/)
    expect(await said("[]")).toBe("The file looks like JSON, but there is nobody in it.")
  })

  test("one endless line is no table", async () => {
    const refused = await openTable(chunked("a".repeat(1_000_000), 64_000))
    expect(refused).toMatchObject({ kind: "refused", message: "The file is one endless line, and no table." })
  })
})

function row(line: number, cells: string[]): TableRow {
  return { kind: "cells", line, cells, extra: null }
}

async function read(text: string, size = 1000) {
  const opened = await table(text, size)
  return { ...opened, rows: (await Array.fromAsync(opened.rows)).flat() }
}

async function table(text: string, size = 1000): Promise<Table> {
  const opened = await openTable(chunked(text, size))
  if (opened.kind === "refused") throw new Error(opened.message)
  return opened
}

function chunked(text: string, size: number): AsyncIterable<string> {
  return {
    async *[Symbol.asyncIterator]() {
      for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size)
    },
  }
}
