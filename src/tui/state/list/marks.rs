//! Marked rows of a list: marking, and showing them alone while the others are kept.

use super::{Keyed, List};

impl<T: Keyed + Clone> List<T> {
    /// Marks the selected row, or not any more, and goes on to the next.
    pub fn mark(&mut self) {
        let Some(key) = self.selected().map(Keyed::key) else {
            return;
        };
        if !self.at.marks.remove(&key) {
            self.at.marks.insert(key);
        }
        if self.at.only_marked() {
            self.show_all();
            self.show_marked();
        } else {
            self.at.step(1);
        }
    }

    /// All rows that are loaded, shown or not.
    pub fn all(&self) -> &[T] {
        self.whole.as_ref().unwrap_or(&self.items)
    }

    /// Shows only the marked rows, or all again; false if none is marked.
    pub fn toggle_marked(&mut self) -> bool {
        if self.at.only_marked() {
            self.show_all();
        } else if self.at.marks.is_empty() {
            return false;
        } else {
            self.show_marked();
        }
        true
    }

    /// Does something to all rows, whether they are shown or not.
    pub fn with_all(&mut self, work: impl FnOnce(&mut Self)) {
        let only = self.at.only_marked();
        self.show_all();
        work(self);
        if only && !self.at.marks.is_empty() {
            self.show_marked();
        }
    }

    fn show_marked(&mut self) {
        let key = self.selected().map(Keyed::key);
        let marks = &self.at.marks;
        let marked = self.items.iter().filter(|row| marks.contains(&row.key()));
        let marked: Vec<T> = marked.cloned().collect();
        let whole = std::mem::replace(&mut self.items, marked);
        self.at.hidden = Some(whole.len() - self.items.len());
        self.whole = Some(whole);
        self.find(key);
    }

    fn show_all(&mut self) {
        let key = self.selected().map(Keyed::key);
        if let Some(whole) = self.whole.take() {
            self.items = whole;
        }
        self.at.hidden = None;
        self.find(key);
    }

    /// Selects the row with that key, if it is shown.
    fn find(&mut self, key: Option<u128>) {
        self.at.count = self.items.len();
        let found = self.items.iter().position(|row| Some(row.key()) == key);
        self.at.selected = found.unwrap_or(self.at.selected);
        self.at.step(0);
    }

    /// The marked rows, or else the selected one.
    pub fn chosen(&self) -> Vec<&T> {
        if self.at.marks.is_empty() {
            return self.selected().into_iter().collect();
        }
        let marks = &self.at.marks;
        let marked = self.items.iter().filter(|row| marks.contains(&row.key()));
        marked.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::PAGE;
    use super::super::tests::{loaded, rows};

    #[test]
    fn only_the_marked_are_shown_and_the_others_are_kept() {
        let mut list = loaded();
        assert!(!list.toggle_marked(), "nothing is marked");
        list.at.step(1);
        list.mark();
        list.mark();
        assert!(list.toggle_marked());
        assert_eq!((&list.items[..], list.at.count()), (&[20, 30][..], 2));
        assert_eq!((list.all().len(), list.at.selected), (3, 1));
        list.at.step(1);
        assert!(!list.at.wants_more());
        // What comes is not marked; what is gone is not any more.
        assert_eq!(list.at.ask(2, false).limit, PAGE);
        list.take(2, rows([5, 10, 30, 40], Some("c")));
        assert_eq!((&list.items[..], list.all().len()), (&[30][..], 4));
        assert_eq!(list.selected(), Some(&30));
        list.mark();
        assert_eq!((list.items.len(), list.selected()), (0, None));
        assert!(list.at.only_marked() && list.toggle_marked());
        assert_eq!(list.items, [5, 10, 30, 40]);
    }
}
