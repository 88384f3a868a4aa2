"""Every word of the page, in one place."""

from __future__ import annotations

TITLE = "Wherefore"
LEAD = "Tell me what you like. {count} {plural}, and a reason for each."
LEAD_SERVED = " (Text-only: no soft tokens.)"
PLACEHOLDER = "Say what you like or want"
MESSAGE = "Your message"
SEND = "Send"
STOP = "Stop"
CONVERSATION = "Conversation"
NEW = "New conversation"
SAVED = "Saved conversations"
SAVED_NONE = "Conversations are kept in this browser, and nowhere else."
DELETE = "Delete"
EXPORT_MARKDOWN = "Save as Markdown"
EXPORT_JSON = "Save as JSON"

LIST = "The list"
LIST_EMPTY = "What I recommend will be here."
UNDERSTOOD = "What I understood"
UNDERSTOOD_EMPTY = "Nothing yet. You can say it in the chat, or set it below."
UNDERSTOOD_FROM = "from “{said}”"
UNDERSTOOD_SET = "set by hand"
DROP = "Remove: {text}"
ADD = "Add something"
ADD_PLACEHOLDER = "no horror; after 2000; with Toni Collette"
FILTERS = "Set limits"
FROM = "{field} from"
TO = "{field} to"
WITH = "{field}: must have"
WITHOUT = "{field}: none of"

LIKE = "Like"
DISLIKE = "Not for me"
SEEN = "Seen it"
MORE = "More like this"
WHY = "Why this?"
LIKES = "I like {title}."
DISLIKES = "{title} is not for me."
HAS_SEEN = "I have seen {title}."
WANTS_MORE = "More like {title}, please."
ASKS_WHY = "Why {title}?"

MATCH = "match"
EVIDENCE = "Evidence"
FOUND_BY = "Found by"
SCORE = "Score"
SCORE_PARTS = {
    "sources": "sources, and what they know of it",
    "llm": "the language model, reading the conversation",
    "match": "its record, read beside what you said",
    "likeness": "how like it is to what you said",
    "wishes": "wishes that it meets",
    "shown": "listed before and passed over",
    "years": "how much more its year is named now",
    "texts": "what its texts say of what you described",
    "new": "new here: nobody can have named it yet",
}
SOURCES = {
    "tower": "learned reader of dialogues",
    "collaborative": "named together by people",
    "regression": "words and items that lead to it",
    "neighbours": "similar conversations",
    "dense": "meaning of your words",
    "liked": "near what you liked",
    "bm25": "words in common",
    "attributes": "values that you asked for",
    "popularity": "well known",
    "passages": "a clause of its texts",
    "pictures": "looks like what you liked",
    "vectors": "near what you liked, by the shop's own vectors",
}
RANK = "rank {rank}"
WORDED = {
    "first": "worded by the language model, checked",
    "rewritten": "worded by the language model at a later try, checked",
    "plain": "worded plainly from the record",
    "quoted": "in the record's own words",
}
EFFECTS = "What each thing that you said does to the list"
EFFECTS_BUTTON = "Show what each thing does to the list"
EFFECTS_NONE = "Nothing that I understood changes this list."
EFFECTS_BRINGS = "brings {titles}"
EFFECTS_KEEPS_OUT = "keeps out {titles}"
MAP = "Map of the catalogue"
MAP_ABOUT = (
    "Each item where its text puts it, in two dimensions: grey all items, blue the candidates, green what you like, "
    "red the list."
)

CATALOG = "Your own catalogue"
CATALOG_FILE = "CSV, TSV, JSON, Excel, Parquet or SQLite, one item a row"
CATALOG_SKIP_BAD = "Leave out rows that cannot be read"
CATALOG_COLUMNS = (
    "{name}: {count} {noun}. What each column was taken for; change what is wrong, then read again."
)
CATALOG_COLUMN = "Column"
CATALOG_TAKEN = "Taken as"
CATALOG_SAMPLES = "Samples"
CATALOG_KNOWN = "Known"
CATALOG_SHARE = ("{share:.0%}", "{share:.0%} yes")
CATALOG_FIELD = "as {name}"
CATALOG_NO_COLUMN = "(no column)"
CATALOG_KIND_OF = "Kind of {column}"
CATALOG_UNIT = "in"
CATALOG_UNIT_EMPTY = "unit"
CATALOG_UNIT_OF = "Unit of {column}; empty: told from the file"
CATALOG_LISTS = "several in a cell ({how})"
CATALOG_KINDS = "What the kinds mean"
CATALOG_AGAIN = "Read again"
CATALOG_SCHEMA = "Download the schema"
CATALOG_ORIGIN = "the columns"
CATALOG_KIND_UNKNOWN = "column {column!r} has the kind {kind!r}; known kinds: {known}"
CATALOG_UNREADABLE = "the corrections did not come through; load the page again and upload the file once more"
CATALOG_NOT_READ = "{error}\nYour changes are still in the table: correct them and read again."
CATALOG_USE = "Use this catalogue"
CATALOG_BACK = "Back to {name}"
CATALOG_INDEXING = "Indexing"

SETTINGS = "Settings"
COUNT = "Items in a list"
DIVERSITY = "Diversity"
DIVERSITY_ABOUT = "What an item loses for being like one listed before it, in logits; 0 goes by score alone"
CHECKPOINT = "Checkpoint"
CHECKPOINT_ABOUT = "`starter`, or the folder of a model that you trained, on this machine"
MODEL_SETTINGS = "Settings of its LLM, its writing and its turns"
MODEL_SETTINGS_ABOUT = (
    "One a line, like `writer.tries=0` (plain wording), `turn.questions=false`, `llm.dtype=bfloat16`"
)
LOAD = "Load"
LOADING = "Loading"
LOADED = "In use: {llm}, {millions:.1f} million parameters, with {tokens} per item; {count} {plural}."
SERVED = "In use: {about}. What you write goes to that server, and nowhere else."
SOFT_TOKENS = ("{n} soft token", "{n} soft tokens")
NOT_LOADED = "{checkpoint} was not loaded, and nothing has changed. {error}"
IMAGES = "Load pictures that the catalogue links to"
IMAGES_ABOUT = "They come from other servers, which then see your address. Off, placeholders are drawn."

STOPPED = "(stopped)"
EMPTY = "Type a message first."
EMPTY_CALL = "The last message is empty; say what you like or look for."
NO_CONVERSATION = (
    "`conversation` is a {kind}; give the list of messages that the last answer gave, or none to begin."
)
TOO_FEW = (
    "`{name}` takes {needed} values in `data`, in this order: {names}; {seen} came. Give null where none."
)
FAULT = "This is a fault of the server and not of your call ({kind}); its log says more."
TOO_LONG = "Your message has {seen:,} characters; at most {most:,} are read. Shorten it, or say it in several messages."
TOO_FAST = "That was {most} messages within a minute. Wait {seconds} seconds, then send it again."
NO_TURN = "Say something first; then there is a list to change."
OTHER_CATALOG = "That conversation is about the catalogue “{name}”. Open that one first."
GONE = (
    "The server no longer holds the catalogue that this conversation is about: it was started anew, or held too "
    "many. Upload your file again, or begin a new conversation."
)
EDITED = "That message is no longer there."
BAD_FILE = "{file}: {error}"
PORT_TAKEN = "port {port} is taken by another program; give another with --port"
RUNNING = "Wherefore is at {url} (Ctrl-C ends it)"
