// One figure on the whole screen, in large type, with nothing beside it: for a projector.

const LARGER = 1.7
const TURNS = { ArrowRight: 1, ArrowLeft: -1 }

// Four arrows to the corners, in a square of 1000.
const CORNERS = [
  "M80 80h300v110H270l150 150-80 80-150-150v110H80z", "M920 80v300H810V270L660 420l-80-80 150-150H620V80z",
  "M80 920V620h110v110l150-150 80 80-150 150h110v110z", "M920 920H620V810h110L580 660l80-80 150 150V620h110z",
].join("")

// Always the same: Plotly would draw all anew for another one.
const PRESENT_BUTTON = {
  name: "present",
  title: "Present: this figure on the whole screen (arrow keys: the next one; Esc: back)",
  icon: { width: 1000, height: 1000, path: CORNERS },
  click: element => (presented(element) ? leave() : present(element)),
}

const presented = element => document.fullscreenElement === element

function present(element) {
  element.tabIndex = -1
  return element.requestFullscreen().then(() => element.focus(), () => undefined)
}

// Turning to another figure put one full screen onto the other.
async function leave() {
  while (document.fullscreenElement) await document.exitFullscreen()
}

function turn(element, event) {
  if (!presented(element) || !(event.key in TURNS)) return
  const row = [...element.parentElement.children]
  const next = row[(row.indexOf(element) + TURNS[event.key] + row.length) % row.length]
  event.preventDefault()
  present(next)
}

// A figure's type, lines and points larger, and the plot as large as the screen leaves it.
function enlarge({ data, layout }) {
  const margin = { l: 80, r: 80, t: 100, b: 80, ...layout.margin }
  const below = -(layout.legend?.y ?? 0) * (layout.height - margin.t - margin.b)
  for (const side of ["l", "r", "t", "b"]) margin[side] *= LARGER
  layout.margin = margin
  const { title, legend, hoverlabel, annotations = [] } = layout
  for (const part of [layout, title, legend, hoverlabel, ...annotations]) {
    if (part?.font?.size) part.font.size *= LARGER
  }
  const axes = [...axesOf(layout, "x"), ...axesOf(layout, "y")].map(name => layout[name])
  for (const part of [title, ...axes.map(axis => axis.title)]) {
    if (part?.text) part.text = part.text.replace(/font-size:(\d+)px/g, larger)
  }
  if (below > 0) {
    // A legend below: side by side as many entries as there is room for.
    if (legend.entrywidthmode === "pixels") legend.entrywidth *= LARGER
    const room = window.innerWidth - margin.l - margin.r
    const entries = data.filter(trace => trace.name && trace.showlegend !== false).length
    const rows = Math.ceil(entries / Math.max(Math.floor(room / (legend.entrywidth ?? room)), 1))
    margin.b = LARGER * (below + 26 * rows)
    legend.x = 0
    legend.y = -LARGER * below / Math.max(window.innerHeight - margin.t - margin.b, 1)
  }
  layout.height = window.innerHeight
  for (const trace of data) {
    if (trace.marker?.size > 0) trace.marker.size *= LARGER
    if (trace.line?.width > 0) trace.line.width *= LARGER
  }
}

const larger = (_, pixels) => `font-size:${Math.round(LARGER * pixels)}px`
