//! Views, the lists in them, and what can be opened: the map of the dashboard.

use crate::ids::{OrgId, ResourceId, TokenId};

/// A view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)] // their names say it
pub enum View {
    #[default]
    Live,
    Alerts,
    Users,
    Groups,
    Removals,
    Tokens,
    Health,
    Audit,
}

impl View {
    /// All, by their digit.
    pub const ALL: [Self; 8] = [
        Self::Live,
        Self::Alerts,
        Self::Users,
        Self::Groups,
        Self::Removals,
        Self::Tokens,
        Self::Health,
        Self::Audit,
    ];

    /// The key that shows it.
    pub const fn digit(self) -> char {
        match self {
            Self::Live => '1',
            Self::Alerts => '2',
            Self::Users => '3',
            Self::Groups => '4',
            Self::Removals => '5',
            Self::Tokens => '6',
            Self::Health => '7',
            Self::Audit => '8',
        }
    }

    /// What line 1 calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "Live",
            Self::Alerts => "Alerts",
            Self::Users => "Users",
            Self::Groups => "Groups",
            Self::Removals => "Removals",
            Self::Tokens => "Tokens",
            Self::Audit => "Audit",
            Self::Health => "Health",
        }
    }
}

/// A list in a view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)] // their names say it
pub enum Pane {
    #[default]
    Deletions,
    Holds,
    Guard,
    Transfers,
    Alerts,
    Users,
    Groups,
    Tokens,
    Audit,
    Clients,
}

impl Pane {
    /// The lists of the Removals view, from left to right.
    pub const REMOVALS: [Self; 4] = [Self::Deletions, Self::Holds, Self::Guard, Self::Transfers];

    /// What stands on it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deletions => "Deletions",
            Self::Holds => "Holds",
            Self::Guard => "Guard",
            Self::Transfers => "Transfers",
            Self::Alerts => "Alerts",
            Self::Users => "Users",
            Self::Groups => "Groups",
            Self::Clients => "Clients",
            Self::Tokens => "Tokens",
            Self::Audit => "Audit",
        }
    }

    /// The view it is in.
    pub const fn view(self) -> View {
        match self {
            Self::Alerts => View::Alerts,
            Self::Clients => View::Health,
            Self::Users => View::Users,
            Self::Groups => View::Groups,
            Self::Tokens => View::Tokens,
            Self::Audit => View::Audit,
            Self::Deletions | Self::Holds | Self::Guard | Self::Transfers => View::Removals,
        }
    }

    /// Whether its rows can be filtered.
    pub const fn filters(self) -> bool {
        !matches!(self, Self::Guard | Self::Alerts | Self::Clients)
    }
}

/// Something that can be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// A deletion record, by its position.
    Removal(u64),
    /// A user.
    User(OrgId, ResourceId),
    /// A group.
    Group(OrgId, ResourceId),
    /// A token.
    Token(TokenId),
    /// An event, by its position.
    Event(u64),
}

impl Object {
    /// The view it is opened in.
    pub const fn view(&self) -> View {
        match self {
            Self::Removal(_) => View::Removals,
            Self::User(..) => View::Users,
            Self::Group(..) => View::Groups,
            Self::Token(_) => View::Tokens,
            Self::Event(_) => View::Audit,
        }
    }

    /// The tabs of an opened one, from left to right.
    pub const fn tabs(&self) -> &'static [Tab] {
        match self {
            Self::Removal(_) => &[
                Tab::Summary,
                Tab::Content,
                Tab::Lost,
                Tab::Timeline,
                Tab::Request,
            ],
            Self::User(..) => &[
                Tab::Summary,
                Tab::Access,
                Tab::Content,
                Tab::History,
                Tab::Diagnosis,
                Tab::Resource,
            ],
            Self::Group(..) => &[
                Tab::Summary,
                Tab::Members,
                Tab::History,
                Tab::Diagnosis,
                Tab::Resource,
            ],
            Self::Token(_) => &[Tab::Summary, Tab::Refused, Tab::History],
            Self::Event(_) => &[Tab::Summary, Tab::Raw],
        }
    }
}

/// A tab of something opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)] // their names say it
pub enum Tab {
    #[default]
    Summary,
    Content,
    Lost,
    Timeline,
    Request,
    Resource,
    Access,
    Members,
    History,
    Diagnosis,
    Refused,
    Raw,
}

impl Tab {
    /// What stands on it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Summary => "Summary",
            Self::Content => "Content",
            Self::Lost => "Groups & roles",
            Self::Timeline => "Timeline",
            Self::Request => "Request",
            Self::Resource => "Resource",
            Self::Access => "Access",
            Self::Members => "Members",
            Self::History => "History",
            Self::Diagnosis => "Diagnosis",
            Self::Refused => "Refused",
            Self::Raw => "Record",
        }
    }
}

/// The one `by` places after `from`, around the ends of `all`.
pub fn neighbour<T: Copy + PartialEq>(all: &[T], from: T, by: isize) -> T {
    let at = all.iter().position(|one| *one == from).unwrap_or(0);
    let next = (at + all.len()).saturating_add_signed(by) % all.len().max(1);
    all.get(next).copied().unwrap_or(from)
}
