import { runOrders } from "../outreach/orders.ts"

// Two processes edit, approve, suppress, send and are killed: node test/soak/outreach.ts [SEEDS] [FIRST]
const seeds = Number(process.argv[2] ?? 50)
const first = Number(process.argv[3] ?? 1)
const total = { delivered: 0, unknown: 0, killed: 0 }
for (let seed = first; seed < first + seeds; seed++) {
  const { wrong, ...counted } = await runOrders(seed, 6, 150)
  total.delivered += counted.delivered
  total.unknown += counted.unknown
  total.killed += counted.killed
  console.log(
    `seeds ${first} to ${seed}: ${total.delivered} messages arrived, ${total.killed} processes killed, ${total.unknown} sends of which nobody knew`,
  )
  if (wrong.length > 0) {
    console.log(`seed ${seed}: ${wrong.join("; ")}`)
    process.exitCode = 1
  }
}
