; Script-Fu for GIMP 2.10: (describe "in.psd" "folder") writes one line per layer, bottom to top, and PNGs.
(define (describe-layers ids count parent out port)
  (let loop ((i (- count 1)))
    (if (>= i 0)
      (let* ((layer (vector-ref ids i))
             (group (= 1 (car (gimp-item-is-group layer))))
             (place (gimp-drawable-offsets layer))
             (number (number->string layer)))
        (display (string-append number "\t" (if group "group" "layer") "\t"
          (number->string (car place)) "\t" (number->string (cadr place)) "\t"
          (number->string (car (gimp-layer-get-opacity layer))) "\t"
          (number->string (car (gimp-layer-get-mode layer))) "\t"
          (number->string (car (gimp-item-get-visible layer))) "\t" parent "\t"
          (car (gimp-item-get-name layer)) "\n") port)
        (if group
          (let ((inside (gimp-item-get-children layer)))
            (describe-layers (cadr inside) (car inside) (car (gimp-item-get-name layer)) out port))
          (file-png-save RUN-NONINTERACTIVE (car (gimp-item-get-image layer)) layer
            (string-append out "/layer-" number ".png") "x" 0 1 0 0 0 0 1))
        (loop (- i 1))))))
(define (describe file out)
  (let* ((image (car (gimp-file-load RUN-NONINTERACTIVE file file)))
         (layers (gimp-image-get-layers image))
         (port (open-output-file (string-append out "/gimp.txt"))))
    (describe-layers (cadr layers) (car layers) "" out port)
    (close-output-port port)
    (let ((merged (car (gimp-image-merge-visible-layers image CLIP-TO-IMAGE))))
      (gimp-layer-resize-to-image-size merged)
      (file-png-save RUN-NONINTERACTIVE image merged (string-append out "/merged.png") "x" 0 1 0 0 0 0 1))))
