// A figure as a file that still says what it shows where it comes without its page: its name has
// the view's, and what was computed stands below it.

const CAMERA = {
  width: 1000, height: 1000,
  path: "M60 260h200l80-120h320l80 120h200v600H60zM500 350a200 200 0 1 0 0.1 0zM500 440a110 110 0 1 1-0.1 0z",
}

// Always the same: Plotly would draw all anew for another one.
const SAVE_BUTTON = {
  name: "save", title: "Save this figure as SVG, as it is now", icon: CAMERA, click: element => save(element),
}

const SMALL = 12, LINE = 17, LETTER = 0.52 // pixels, and a letter's width by the type's

async function save(element) {
  const { width, height } = element.getBoundingClientRect()
  const figure = { data: structuredClone(element.data), layout: structuredClone(element.layout) }
  Object.assign(figure.layout, { width, height, autosize: false })
  if (element.saved.caption) caption(figure.layout, element.saved.caption)
  const options = { format: "svg", width, height: figure.layout.height, filename: fileName(element) }
  await window.Plotly.downloadImage(figure, options)
}

function fileName({ saved, layout }) {
  const title = (layout.title?.text ?? "").replace(/<br>/g, " ").replace(/<[^>]*>/g, "")
  const words = title.toLowerCase().match(/[a-z0-9]+/g) ?? []
  return [saved.stem, ...words.slice(0, 6)].join("-")
}

// Below the legend, in the type of notes, as wide as the figure.
function caption(layout, text) {
  const margin = { l: 80, r: 80, t: 100, b: 80, ...layout.margin }
  const plot = { width: layout.width - margin.l - margin.r, height: layout.height - margin.t - margin.b }
  const lines = wrapped(text, Math.floor((layout.width - 2 * EDGE) / (LETTER * SMALL)))
  const more = LINE * lines.length + EDGE
  layout.margin = { ...margin, b: margin.b + more }
  layout.height += more
  layout.annotations = [...(layout.annotations ?? []), {
    text: lines.map(escaped).join("<br>"), align: "left", showarrow: false, font: { size: SMALL },
    xref: "paper", x: (EDGE - margin.l) / plot.width, xanchor: "left",
    yref: "paper", y: -(margin.b + more - EDGE / 2) / plot.height, yanchor: "bottom",
  }]
}

const escaped = text => text.replace(/[&<>]/g, sign => `&#${sign.codePointAt(0)};`)

function wrapped(text, letters) {
  const lines = [""]
  for (const word of text.split(" ")) {
    const line = lines.at(-1)
    if (line && line.length + 1 + word.length > letters) lines.push(word)
    else lines[lines.length - 1] = line ? `${line} ${word}` : word
  }
  return lines
}
