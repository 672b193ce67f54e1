// The live page's script: keeps what is shown up to date, draws how numbers went, and filters while one types.
//
// It asks for the page it stands on, as the server draws it for everybody, and takes over what differs. So there is one
// place where values become words and names become text, the same with a script and without; a tree of any size
// costs no more than its page; and what has been opened, selected or scrolled to stays as it is. The browser parses the
// answer into a document that runs nothing; what the script draws itself, it makes of elements and text nodes.
//
// The numbers of the last minutes are kept here, in the tab that shows them: the program measured keeps none, and
// nobody who looks costs it more than a page every two seconds.
//
// Its files are one module, put together by `assets.rs` in this order: begin, humane, history, drawing, merging, asking.

const PERIOD = 1000 * (Number(new URLSearchParams(location.search).get("refresh")) || 2);
const PATIENCE = 10_000;
const WINDOW = 300_000;
const SHORTEST_WINDOW = 60_000;
const MOST_SAMPLES = 200;
// Samples further apart have a gap between them: the tab was hidden, or the server gone.
const GAP = Math.max(15_000, 3 * PERIOD);
const LARGEST_STORE = 2_000_000;
const SVG = "http://www.w3.org/2000/svg";

const box = document.querySelector("input[type=search]");
const button = document.querySelector(".tools button");
const told = document.querySelector(".told");
