"""Finding the header row and what its columns mean, in whatever order and language."""

from collections.abc import Sequence
from dataclasses import dataclass

from .folding import fold

HEADER_RECORDS = 20  # the header must be among the first so many records

# Names of columns, folded, the most telling ones first: where a sheet has both "Album" and
# "Title", the album is the album. "Date" alone is left out, it is mostly the day of listening.
_ALIASES: dict[str, str] = {
    "artist": (
        "artist|artists|artist s|album artist|album artists|artist name|band|bands|performer|"
        "performers|musician|interpret|interpreten|kunstler|kunstlerin|artiste|artistes|groupe|"
        "interprete|interpretes|artista|artistas|artista s|grupo|banda|cantante|artisti|gruppo|"
        "artiest|artiesten|uitvoerende|groep|artistnamn|grupp|wykonawca|wykonawcy|artysta|zespol|"
        "アーティスト|アーティスト名|歌手|歌手名"
    ),
    "title": (
        "album|albums|album title|album name|album s|albumtitel|titel des albums|albumnaam|"
        "albumnamn|titre de l album|nom de l album|titulo del album|titulo do album|"
        "titolo dell album|titolo album|tytul albumu|nazwa albumu|disco|discos|disque|skiva|plyta|"
        "アルバム|アルバム名|record|release|lp|title|name|titel|titre|titulo|titolo|tytul|タイトル|作品|作品名"
    ),
    "year": (
        "year|release year|year of release|year released|released|release date|date of release|"
        "year release date|jahr|erscheinungsjahr|veroffentlicht|veroffentlichung|"
        "veroffentlichungsjahr|erscheinungsdatum|annee|annee de sortie|date de sortie|sortie|ano|"
        "ano de lanzamiento|ano de lancamento|lanzamiento|lancamento|fecha de lanzamiento|"
        "data de lancamento|anno|anno di uscita|data di uscita|jaar|jaar van uitgave|"
        "releasedatum|ar|utgivningsar|slappt|rok|rok wydania|data wydania|"
        "年|発売年|リリース年|発売日|リリース日"
    ),
    "genres": (
        "genre|genres|genre s|music genre|musikrichtung|stilrichtung|genero|generos|genere|generi|"
        "gatunek|gatunki|genrer|ジャンル|style|styles|stil|estilo|stile"
    ),
    "label": (
        "label|labels|record label|record company|plattenlabel|plattenfirma|maison de disques|"
        "sello|sello discografico|discografica|etichetta|etichetta discografica|casa discografica|"
        "gravadora|selo|platenlabel|platenmaatschappij|skivbolag|skivmarke|wytwornia|wydawca|"
        "レーベル|レコード会社"
    ),
    "spotify": (
        "spotify|spotify id|spotify url|spotify uri|spotify link|spotify album|spotify album id|"
        "spotify album url|spotify album uri|spotify album link|link spotify|lien spotify|"
        "enlace de spotify|enlace spotify|spotify リンク|listen|link|links|url|uri|lien|enlace|"
        "collegamento|lank|odnosnik|リンク"
    ),
}
_RANKS = {
    field: {fold(alias): rank for rank, alias in enumerate(names.split("|"))}
    for field, names in _ALIASES.items()
}


@dataclass(frozen=True)
class Columns:
    """The index of each known column, None where the sheet has none."""

    artist: int | None = None
    title: int | None = None
    year: int | None = None
    genres: int | None = None
    label: int | None = None
    spotify: int | None = None

    @property
    def known(self) -> tuple[int, ...]:
        """The indexes of the columns that are there."""
        every = (self.artist, self.title, self.year, self.genres, self.label, self.spotify)
        return tuple(index for index in every if index is not None)

    @property
    def suffice(self) -> bool:
        """Whether albums can be read from these columns."""
        return self.spotify is not None or (self.artist is not None and self.title is not None)


def columns_of(cells: Sequence[str]) -> Columns:
    """Return which of the cells of a header row name a column that we know."""
    best: dict[str, tuple[int, int]] = {}
    for index, cell in enumerate(cells):
        name = fold(cell[:100]) if cell else ""
        for field, ranks in _RANKS.items():
            if name in ranks and (ranks[name], index) < best.get(field, (len(ranks), 0)):
                best[field] = (ranks[name], index)
    return Columns(**{field: index for field, (_, index) in best.items()})


def find_header(records: Sequence[Sequence[str]]) -> tuple[int, Columns] | None:
    """Return the header's index in `records` and its columns, None where there is none.

    It is the record that names most of the columns, the first one among equals: a line such as
    "Spotify" above the header is thus no header.
    """
    found: tuple[int, Columns] | None = None
    for index, cells in enumerate(records[:HEADER_RECORDS]):
        columns = columns_of(cells)
        if columns.suffice and (found is None or len(columns.known) > len(found[1].known)):
            found = (index, columns)
    return found
