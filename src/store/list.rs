//! How a list is read, one of three ways: without filter and order, by index and remembered
//! positions; where SQL answers filter and order exactly, by one statement; else by a walk over
//! what SQL leaves, evaluating each row and keeping no more than the page.

use rusqlite::{params, params_from_iter};

use crate::scim::filter::Expr;
use crate::store::column::{Count, signed};
use crate::store::error::StoreError;
use crate::store::filter_sql::Translator;
use crate::store::order::Order;
use crate::store::orgs::Totals;
use crate::store::query::{Listable, Listed, Page, Position, Request};
use crate::store::sort::SortKey;
use crate::store::sql::Conditions;
use crate::store::tx::Reader;
use crate::store::walked::{Rest, Window};

type Keyed<R> = Vec<(i64, R)>;

impl Reader<'_> {
    pub(super) fn list<R: Listable>(
        &self,
        request: &Request<'_>,
    ) -> Result<Listed<(i64, R)>, StoreError> {
        let mut conditions = Conditions::new();
        conditions.and("org = ?", [&request.org]);
        let translator = Translator {
            list: R::LIST,
            org: request.org,
        };
        for word in request.words {
            let clause = translator.word(word);
            conditions.and_clause(&clause.text, clause.values);
        }
        let mut rest = None;
        if let Some(filter) = request.filter {
            let clause = translator.clause(filter);
            if clause.as_ref().is_none_or(|clause| !clause.exact) {
                rest = Some(filter);
            }
            if let Some(clause) = clause {
                conditions.and_clause(&clause.text, clause.values);
            }
        }
        let order = Order::of::<R>(request.sort);
        match (rest, order) {
            (None, Some(order)) => self.by_sql(request, &conditions, &order),
            _ => self.by_walk(request, &conditions, rest),
        }
    }

    fn by_sql<R: Listable>(
        &self,
        request: &Request<'_>,
        conditions: &Conditions,
        order: &Order,
    ) -> Result<Listed<(i64, R)>, StoreError> {
        let totals = self.totals(request.org)?;
        let page = request.page;
        // One more than asked for tells whether more follow.
        let wanted = page.count().saturating_add(u64::from(page.count() > 0));
        let plain = request.is_unfiltered() && request.sort.is_none();
        let rows = match page {
            _ if wanted == 0 => Vec::new(),
            Page::Index { .. } if plain => self.anchored::<R>(request, &totals, wanted)?,
            Page::Index { .. } => {
                let mut conditions = conditions.clone();
                conditions.then(&order.clause(), wanted);
                conditions.then(" OFFSET ?", page.skip());
                self.select::<R>(&conditions)?
            }
            Page::After { position, .. } => {
                self.after::<R>(conditions, order, position.as_ref(), wanted)?
            }
        };
        let total = if request.is_unfiltered() {
            R::total(&totals)
        } else if page.position().is_none() && whole(&rows, page.skip(), wanted) {
            page.skip() + rows.len() as u64
        } else {
            self.count::<R>(conditions)?
        };
        Ok(listed(rows, total, request))
    }

    fn select<R: Listable>(&self, conditions: &Conditions) -> Result<Keyed<R>, StoreError> {
        let sql = format!("{}WHERE {}", R::SELECT, conditions.text());
        self.rows(&sql, params_from_iter(conditions.values()), R::from_row)
    }

    fn count<R: Listable>(&self, conditions: &Conditions) -> Result<u64, StoreError> {
        let sql = format!(
            "SELECT count(*) FROM {} WHERE {}",
            R::TABLE,
            conditions.text()
        );
        let count = self.row(&sql, params_from_iter(conditions.values()), |row| {
            row.get::<_, Count>(0)
        })?;
        Ok(count.map_or(0, |count| count.0))
    }

    /// An index page of the whole list, counted from the nearest known position.
    fn anchored<R: Listable>(
        &self,
        request: &Request<'_>,
        totals: &Totals,
        wanted: u64,
    ) -> Result<Keyed<R>, StoreError> {
        let (org, removed) = (request.org, totals.removed);
        let skip = request.page.skip();
        if skip >= R::total(totals) {
            return Ok(Vec::new());
        }
        let (mut before, mut key) = self.anchors.map_or((0, 0), |anchors| {
            anchors.nearest(org, R::LIST, removed, skip)
        });
        if before < skip {
            let sql = format!(
                "SELECT key FROM {} WHERE org = ?1 AND key > ?2 ORDER BY key LIMIT 1 OFFSET ?3",
                R::TABLE
            );
            let steps = signed(skip - before - 1);
            let Some(last) = self.row(&sql, params![org, key, steps], |row| row.get(0))? else {
                return Ok(Vec::new());
            };
            (before, key) = (skip, last);
        }
        let mut conditions = Conditions::new();
        conditions.and("org = ? AND key > ?", [&org, &key]);
        conditions.then(" ORDER BY key LIMIT ?", wanted);
        let rows = self.select::<R>(&conditions)?;
        if let Some(anchors) = self.anchors {
            anchors.note(org, R::LIST, removed, before, key);
            let full = usize::try_from(wanted - 1).unwrap_or(usize::MAX);
            if let Some((last, _)) = full.checked_sub(1).and_then(|at| rows.get(at)) {
                anchors.note(org, R::LIST, removed, before + full as u64, *last);
            }
        }
        Ok(rows)
    }

    /// What follows `position`. Rows with and without a value are read apart, each by the index.
    fn after<R: Listable>(
        &self,
        conditions: &Conditions,
        order: &Order,
        position: Option<&Position>,
        wanted: u64,
    ) -> Result<Keyed<R>, StoreError> {
        let mut rows = Vec::new();
        for &part in order.parts() {
            let mut conditions = conditions.clone();
            let left = wanted - rows.len() as u64;
            if left == 0 || !order.start(part, position, &mut conditions) {
                continue;
            }
            conditions.then(&order.clause(), left);
            rows.extend(self.select::<R>(&conditions)?);
        }
        Ok(rows)
    }

    fn by_walk<R: Listable>(
        &self,
        request: &Request<'_>,
        conditions: &Conditions,
        rest: Option<&Expr>,
    ) -> Result<Listed<(i64, R)>, StoreError> {
        self.totals(request.org)?;
        let sort = request.target();
        let rest = Rest::new::<R>(rest, sort, request.base);
        let mut window = Window::new(request, self.scan_rows);
        let sql = format!("{}WHERE {} ORDER BY key", R::SELECT, conditions.text());
        let mut statement = self.conn.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(conditions.values()))?;
        while let Some(row) = rows.next()? {
            let (key, record) = R::from_row(row)?;
            if let Some(value) = rest.admit(self, key, record)? {
                window.offer(value, key)?;
            }
        }
        let (total, keys) = window.finish();
        let sql = format!("{}WHERE key = ?1", R::SELECT);
        let mut rows = Vec::with_capacity(keys.len());
        for key in keys {
            rows.extend(self.row(&sql, [key], R::from_row)?);
        }
        let mut listed = listed(rows, total, request);
        // The position needs what the walk saw, such as groups.
        if let Some(next) = &mut listed.next
            && let Some((key, record)) = listed.rows.last_mut()
            && let Some(target) = sort
        {
            record.complete(*key, self)?;
            next.value = SortKey::of(target, &record.value(request.base));
        }
        Ok(listed)
    }
}

/// True if `rows` reach the end of the list, so that their number tells the total.
fn whole<R>(rows: &[R], skip: u64, wanted: u64) -> bool {
    let read = rows.len() as u64;
    read < wanted && (read > 0 || skip == 0)
}

/// Takes the row too many off and turns it into the knowledge that more follow.
fn listed<R: Listable>(mut rows: Keyed<R>, total: u64, request: &Request<'_>) -> Listed<(i64, R)> {
    let more = rows.len() as u64 > request.page.count();
    rows.truncate(usize::try_from(request.page.count()).unwrap_or(usize::MAX));
    let next = rows.last().filter(|_| more).map(|(key, record)| Position {
        value: request.target().map_or(SortKey::Missing, |target| {
            SortKey::of(target, &record.value(request.base))
        }),
        key: *key,
    });
    Listed { rows, total, next }
}

impl<R> Listed<(i64, R)> {
    /// As it is handed out: no key leaves the store.
    pub(super) fn without_keys(self) -> Listed<R> {
        Listed {
            rows: self.rows.into_iter().map(|(_, record)| record).collect(),
            total: self.total,
            next: self.next,
        }
    }
}
