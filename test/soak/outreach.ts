import { runOrders } from "../outreach/orders.ts"

// Two processes edit, approve, suppress, send and are killed, from as many seeds as are asked for.
const seeds = Number(process.argv[2] ?? 50)
const total = { delivered: 0, unknown: 0, killed: 0 }
for (let seed = 1; seed <= seeds; seed++) {
  const { wrong, ...counted } = await runOrders(seed, 6, 150)
  total.delivered += counted.delivered
  total.unknown += counted.unknown
  total.killed += counted.killed
  if (wrong.length > 0) {
    console.log(`seed ${seed}: ${wrong.join("; ")}`)
    process.exitCode = 1
  }
}
console.log(
  `${seeds} seeds: ${total.delivered} messages arrived, ${total.killed} processes killed, ${total.unknown} sends of which nobody knew`,
)
