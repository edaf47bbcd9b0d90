;;; echo.el --- Emacs' websocket.el, echoing: it hands out frames  -*- lexical-binding: t -*-
(require 'websocket)

(defun echo--handler ()
  "Return what sends each message back, for one connection."
  (let (opcode fragments)
    (lambda (connection frame)
      (let ((continues (eq (websocket-frame-opcode frame) 'continuation)))
        (if (not (eq continues (consp fragments)))
            (websocket-close connection) ; no message under way to continue, or one that is not over
          (unless continues
            (setq opcode (websocket-frame-opcode frame)))
          (push (websocket-frame-payload frame) fragments)
          (when (websocket-frame-completep frame)
            (websocket-send connection (make-websocket-frame
                                        :opcode opcode :completep t
                                        :payload (apply #'concat (reverse fragments))))
            (setq fragments nil)))))))

(defun echo--wait (seconds)
  "Wait SECONDS for input.  What goes wrong with it ends nothing, as in an Emacs that is not in batch mode."
  (with-demoted-errors "%S" (accept-process-output nil seconds)))

(defun echo-server (port)
  "Serve at PORT."
  (let ((handlers (make-hash-table :test 'eq)))
    (websocket-server
     port :host 'local
     :on-open (lambda (connection) (puthash connection (echo--handler) handlers))
     :on-message (lambda (connection frame) (funcall (gethash connection handlers) connection frame))
     :on-close (lambda (connection) (remhash connection handlers)))
    (while t (echo--wait 1))))

(defun echo-client (url)
  "Visit URL."
  (let (over)
    (websocket-open url :on-message (echo--handler) :on-close (lambda (_) (setq over t)))
    (while (not over) (echo--wait 0.05))))
