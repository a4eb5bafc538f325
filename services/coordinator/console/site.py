"""What every page needs besides its own content: who is signed in, and what their menu has."""

from dataclasses import dataclass

from contracts.envelope import Role
from services.coordinator.console.addresses import OPERATING, REFER
from services.coordinator.keys import Holder
from services.kernel.settings import Region

_HOMES = {Role.OPERATOR: (OPERATING, "Toestand"), Role.REFERRER: (REFER, "Doorverwijzen")}
_OF_COORDINATORS = ("/", "Vandaag")


@dataclass(frozen=True, slots=True)
class Site:
    """What every page needs besides its own content. `*_href` are paths on this site."""

    region_name: str
    signed_in_as: str | None
    """Label of the coordinator or operator; None hides the menu and the sign-out button."""
    operates: bool = False
    """Whether it is an operator, who sees how the region runs and nothing about people."""
    refers: bool = False
    """Whether it is a social team, which refers people and sees its own referrals."""
    has_network: bool = False
    """Whether the region takes part in a network of regions."""
    home_href: str = "/"
    home_label: str = "Vandaag"
    sign_out_href: str = "/uitloggen"
    static_href: str = "/static"
    """Where the `static` folder is served, without a slash at the end."""
    theme_href: str | None = None
    """A region's own stylesheet, loaded last; it may set any `--wd-*` property."""

    @property
    def coordinates(self) -> bool:
        """Whether it is a coordinator, who works with people."""
        return self.signed_in_as is not None and not self.operates and not self.refers


def site_of(region: Region, holder: Holder | None, static_href: str) -> Site:
    """What whoever is signed in, if anyone, sees on every page."""
    role = holder.actor.role if holder is not None else None
    return Site(
        region.name,
        holder.label if holder is not None else None,
        operates=role is Role.OPERATOR,
        refers=role is Role.REFERRER,
        has_network=region.network is not None,
        home_href=home_href(holder),
        home_label=_home(holder)[1],
        static_href=static_href,
    )


def home_href(holder: Holder | None) -> str:
    """The first page of whoever signed in."""
    return _home(holder)[0]


def _home(holder: Holder | None) -> tuple[str, str]:
    return _HOMES.get(holder.actor.role, _OF_COORDINATORS) if holder is not None else _OF_COORDINATORS
